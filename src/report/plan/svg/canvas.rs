//! The few shapes a picture is made of, as SVG text.

use crate::model::IpFamily;
use crate::report::text::escaped;

/// Width of a hundred characters, and the distance of lines: the font is fixed.
const CHARACTERS: usize = 725;
pub(super) const LINE: usize = 17;

/// Blue and vermilion are told apart by people who see no green or no red; shape and dashes tell them apart without
/// any colour.
fn colour(family: IpFamily) -> &'static str {
    match family {
        IpFamily::V4 => "#0072b2",
        IpFamily::V6 => "#c14a00",
    }
}

fn dashes(family: IpFamily) -> &'static str {
    match family {
        IpFamily::V4 => "",
        IpFamily::V6 => " stroke-dasharray=\"7 4\"",
    }
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Faint,
    Alarm,
}

/// How a box looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Plain,
    /// Something is missing in it.
    Broken,
    Alarm,
}

/// A place and a size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Area {
    pub(super) fn right(&self) -> usize {
        self.x + self.width
    }

    pub(super) fn middle(&self) -> usize {
        self.y + self.height / 2
    }

    /// Characters that fit, with `used` units taken.
    pub(super) fn room(&self, used: usize) -> usize {
        self.width.saturating_sub(used) * 100 / CHARACTERS
    }
}

/// A picture as it grows.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    /// Lines lie below boxes.
    lines: String,
    shapes: String,
}

/// A text cut in the middle, where names are most alike.
pub(super) fn cut(text: &str, room: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= room || room < 5 {
        return text.to_owned();
    }
    let (head, tail) = ((room - 1) / 2, room - 1 - (room - 1) / 2);
    let head: String = characters.iter().take(head).collect();
    let tail: String = characters.iter().skip(characters.len() - tail).collect();
    format!("{head}…{tail}")
}

/// A sentence in lines of so many characters, two at most; an ellipsis says that it goes on.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        let fits = last == 0 || last + 1 + word.chars().count() <= room;
        if !fits && lines.len() == 2 {
            if let Some(line) = lines.last_mut() {
                *line = format!("{}…", line.chars().take(room.saturating_sub(1)).collect::<String>());
            }
            break;
        }
        if !fits {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

impl Canvas {
    pub(super) fn text(&mut self, x: usize, y: usize, ink: Ink, text: &str) {
        let class = match ink {
            Ink::Plain => "",
            Ink::Strong => " class=\"strong\"",
            Ink::Faint => " class=\"faint\"",
            Ink::Alarm => " class=\"alarm\"",
        };
        self.shapes.push_str(&format!("<text x=\"{x}\" y=\"{y}\"{class}>{}</text>\n", escaped(text)));
    }

    /// A text in so many characters; the whole of it shows when it is pointed at.
    pub(super) fn fitted(&mut self, x: usize, y: usize, ink: Ink, text: &str, room: usize) {
        let cut = cut(text, room);
        if cut == text {
            return self.text(x, y, ink, text);
        }
        self.shapes.push_str(&format!("<g><title>{}</title>\n", escaped(text)));
        self.text(x, y, ink, &cut);
        self.shapes.push_str("</g>\n");
    }

    pub(super) fn frame(&mut self, area: Area, frame: Frame) {
        let class = match frame {
            Frame::Plain => "box",
            Frame::Broken => "box broken",
            Frame::Alarm => "box alarmed",
        };
        let Area { x, y, width, height } = area;
        self.shapes.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>\n"
        ));
    }

    /// The mark of a family: a filled circle or a filled diamond.
    pub(super) fn mark(&mut self, x: usize, y: usize, family: IpFamily) {
        let colour = colour(family);
        self.shapes.push_str(&match family {
            IpFamily::V4 => format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"5\" fill=\"{colour}\"/>\n"),
            IpFamily::V6 => {
                let (left, right, top, bottom) = (x - 6, x + 6, y - 6, y + 6);
                format!(
                    "<path d=\"M{left} {y} L{x} {top} L{right} {y} L{x} {bottom} Z\" fill=\"{colour}\"/>\n"
                )
            }
        });
    }

    /// The mark of what is left out.
    pub(super) fn cross(&mut self, x: usize, y: usize) {
        let (left, right, top, bottom) = (x - 4, x + 4, y - 4, y + 4);
        self.shapes.push_str(&format!(
            "<path class=\"cross\" d=\"M{left} {top} L{right} {bottom} M{right} {top} L{left} {bottom}\"/>\n"
        ));
    }

    /// A line without a family.
    pub(super) fn link(&mut self, from: (usize, usize), to: (usize, usize)) {
        self.lines.push_str(&format!("<path class=\"link\" d=\"{}\"/>\n", curve(from, to)));
    }

    /// A line of a family; where it leads nowhere it ends in a cross half way.
    pub(super) fn route(&mut self, from: (usize, usize), to: (usize, usize), family: IpFamily, leads: bool) {
        let (colour, dashes) = (colour(family), dashes(family));
        if leads {
            self.lines.push_str(&format!(
                "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"{dashes} d=\"{}\"/>\n",
                curve(from, to)
            ));
            return;
        }
        let end = (from.0 + 22, from.1);
        self.lines.push_str(&format!(
            "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"{dashes} d=\"M{} {} L{} {}\"/>\n",
            from.0, from.1, end.0, end.1
        ));
        self.cross(end.0 + 5, end.1);
    }

    /// A bar of `width` units in the colours of `families`, striped where it is of none.
    pub(super) fn bar(&mut self, area: Area, families: &[IpFamily]) {
        let Area { x, y, width, height } = area;
        let part = height / families.len().max(1);
        if families.is_empty() {
            self.shapes.push_str(&format!(
                "<rect class=\"nothing\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\n"
            ));
        }
        for (index, family) in families.iter().enumerate() {
            let (y, colour) = (y + index * part, colour(*family));
            self.shapes.push_str(&format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{part}\" fill=\"{colour}\"/>\n"
            ));
        }
    }

    /// The picture, with a title and a description for those who do not see it.
    pub(super) fn finish(self, width: usize, height: usize, title: &str, description: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-labelledby=\"title description\">\n\
             <title id=\"title\">{}</title>\n<desc id=\"description\">{}</desc>\n{STYLE}\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}{}</svg>\n",
            escaped(title),
            escaped(description),
            self.lines,
            self.shapes
        )
    }
}

/// A line that leaves and arrives level.
fn curve((x1, y1): (usize, usize), (x2, y2): (usize, usize)) -> String {
    let middle = usize::midpoint(x1, x2);
    format!("M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}")
}

const STYLE: &str = "<style>\n\
text { font: 12px 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1b1b1b }\n\
.strong { font-weight: bold }\n\
.faint { fill: #5c5c5c }\n\
.alarm { fill: #a00000; font-weight: bold }\n\
.box { fill: #f6f7f9; stroke: #5c5c5c }\n\
.broken { stroke: #a00000; stroke-dasharray: 4 3 }\n\
.alarmed { fill: #fdecec; stroke: #a00000; stroke-width: 2 }\n\
.link { fill: none; stroke: #8a8a8a }\n\
.cross { fill: none; stroke: #a00000; stroke-width: 2 }\n\
.nothing { fill: #ffffff; stroke: #a00000; stroke-dasharray: 3 3 }\n\
</style>\n";

#[cfg(test)]
mod tests {
    use super::{cut, wrapped};

    #[test]
    fn a_sentence_takes_two_lines() {
        assert_eq!(wrapped("one two three four five", 9), ["one two", "three…"]);
        assert_eq!(wrapped("one two", 9), ["one two"]);
    }

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(cut("abcdefghij", 7), "abc…hij");
        assert_eq!(cut("abc", 7), "abc");
    }
}
