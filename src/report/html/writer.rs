//! HTML as text, with what comes from the input always escaped.

use crate::report::text::escaped;

/// Rows of a table, and lines of a list, that are shown; more are counted.
const ROWS: usize = 1000;
const LINES: usize = 50;

/// A piece of HTML as it grows. Markup is written in the source and nowhere else: whatever is only known at run time
/// has no other way in than [`Html::text`].
#[derive(Clone, Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Appends markup.
    pub(super) fn mark(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Appends text, which may stand in an element and in the quotes of an attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escaped(text));
        self
    }

    /// Appends another piece.
    pub(super) fn add(&mut self, piece: &Self) -> &mut Self {
        self.0.push_str(&piece.0);
        self
    }

    /// Appends a paragraph.
    pub(super) fn paragraph(&mut self, text: &str) -> &mut Self {
        self.mark("<p>").text(text).mark("</p>\n")
    }

    /// Appends a list of sentences.
    pub(super) fn list(&mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> &mut Self {
        let lines: Vec<_> = lines.into_iter().collect();
        self.mark("<ul>");
        for line in lines.iter().take(LINES) {
            self.mark("<li>").text(line.as_ref()).mark("</li>");
        }
        self.mark("</ul>\n").more(lines.len(), LINES)
    }

    /// Appends a table. The first cell of each row is its heading.
    pub(super) fn table(
        &mut self,
        caption: &str,
        heads: &[&'static str],
        rows: impl ExactSizeIterator<Item = Vec<Html>>,
    ) -> &mut Self {
        let count = rows.len();
        self.mark("<table><caption>").text(caption).mark("</caption>\n<thead><tr>");
        for head in heads {
            self.mark("<th scope=\"col\">").mark(head).mark("</th>");
        }
        self.mark("</tr></thead>\n<tbody>\n");
        for row in rows.take(ROWS) {
            self.mark("<tr>");
            for (index, cell) in row.iter().enumerate() {
                let (open, close) =
                    if index == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
                self.mark(open).add(cell).mark(close);
            }
            self.mark("</tr>\n");
        }
        self.mark("</tbody></table>\n").more(count, ROWS)
    }

    /// Says how many of `count` are not among the `shown`.
    pub(super) fn more(&mut self, count: usize, shown: usize) -> &mut Self {
        match count.saturating_sub(shown) {
            0 => self,
            more => self.paragraph(&format!("... and {more} more; --format json has them all")),
        }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of it.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// A text by itself.
pub(super) fn plain(text: &str) -> Html {
    let mut html = Html::default();
    html.text(text);
    html
}

/// A name or a value, as written.
pub(super) fn code(text: &str) -> Html {
    let mut html = Html::default();
    html.mark("<code>").text(text).mark("</code>");
    html
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_text_gets_out_of_its_place() {
        assert_eq!(
            plain("</p><a href='x' title=\"&\u{202e}\u{0}\u{fffe}\">").into_text(),
            "&lt;/p&gt;&lt;a href=&#39;x&#39; title=&quot;&amp;\\u{202e}\\u{0}\u{fffd}&quot;&gt;"
        );
    }
}
