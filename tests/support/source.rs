//! The project's own source: which paths a file names, and where.

use std::fs;
use std::path::Path;

use super::control_plane::root;

/// A file of `src`.
pub struct Source {
    /// Its path from the project's folder.
    pub file: String,
    /// The module it is, from the crate's root: `["decode", "json"]`; empty for `main.rs` and `lib.rs`.
    pub module: Vec<String>,
    text: String,
}

/// A path that a file names, resolved to `crate::...` or the name of a crate.
pub struct Named {
    pub path: String,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Colons,
    Sign(char),
}

impl Source {
    /// Every file below `folder`.
    pub fn all(folder: &Path) -> Vec<Self> {
        let mut sources = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let file = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                    sources.push(Self::of(&file, &fs::read_to_string(&path).unwrap()));
                }
            }
        }
        sources.sort_by(|a, b| a.file.cmp(&b.file));
        sources
    }

    /// The file `file` with this text.
    pub fn of(file: &str, text: &str) -> Self {
        let inner = file.trim_start_matches("src/").trim_end_matches(".rs");
        let module = inner.split('/').filter(|part| !["lib", "main"].contains(part));
        Self { file: file.to_owned(), module: module.map(str::to_owned).collect(), text: text.to_owned() }
    }

    /// Number of lines.
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// One of its lines, counted from 1.
    pub fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number - 1).unwrap_or_default().trim()
    }

    /// The paths it names outside its tests: those of `use` lines, and those written out elsewhere that begin with
    /// `crate`, `self`, `super` or the name of a crate.
    pub fn named(&self) -> Vec<Named> {
        let tokens = without_tests(&tokens(&self.text));
        let crates = crates();
        let mut named = Vec::new();
        // the inline modules that are open, each with the depth of braces it was opened at
        let (mut inline, mut depth): (Vec<(String, usize)>, usize) = (Vec::new(), 0);
        let mut at = 0;
        while at < tokens.len() {
            let module: Vec<&str> = self
                .module
                .iter()
                .map(String::as_str)
                .chain(inline.iter().map(|(name, _)| name.as_str()))
                .collect();
            match &tokens[at].0 {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => {
                    depth = depth.saturating_sub(1);
                    inline.retain(|(_, opened)| *opened < depth);
                }
                Token::Word(word) if word == "mod" => {
                    if let (Some((Token::Word(name), _)), Some((Token::Sign('{'), _))) =
                        (tokens.get(at + 1), tokens.get(at + 2))
                    {
                        inline.push((name.clone(), depth));
                        depth += 1;
                        at += 2;
                    }
                }
                // `use<'a>` in a type captures, and names no path
                Token::Word(word)
                    if word == "use" && tokens.get(at + 1).is_some_and(|t| t.0 != Token::Sign('<')) =>
                {
                    let mut leaves = Vec::new();
                    at = use_tree(&tokens, at + 1, &[], &mut leaves);
                    let resolved = leaves.into_iter().filter_map(|(path, line)| {
                        Some(Named { path: resolve(&path, &module, &crates)?, line })
                    });
                    named.extend(resolved);
                }
                Token::Word(_) if at == 0 || tokens[at - 1].0 != Token::Colons => {
                    let (path, line, end) = written_path(&tokens, at);
                    if path.len() > 1
                        && let Some(path) = resolve(&path, &module, &crates)
                    {
                        named.push(Named { path, line });
                    }
                    at = end - 1;
                }
                _ => {}
            }
            at += 1;
        }
        named
    }
}

/// The crates of `Cargo.toml`, as code names them, and the standard ones.
fn crates() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut section = "";
    let mut crates: Vec<String> = ["std", "core", "alloc", "ako_gate"].map(str::to_owned).to_vec();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if let ("[dependencies]", Some((name, _))) = (section, line.split_once(" = ")) {
            crates.push(name.replace('-', "_"));
        }
    }
    assert!(crates.len() > 10, "the dependencies were not found in Cargo.toml");
    crates
}

/// The path from the crate's root, or one that begins with a crate; `None` for local names.
fn resolve(path: &[String], module: &[&str], crates: &[String]) -> Option<String> {
    let first = path.first()?.as_str();
    if crates.iter().any(|krate| krate == first) {
        return Some(path.join("::"));
    }
    let (mut base, mut rest) = match first {
        "crate" => (Vec::new(), &path[1..]),
        "self" | "super" => (module.to_vec(), path),
        _ => return None,
    };
    while let Some(word) = rest.first() {
        match word.as_str() {
            "super" => drop(base.pop()),
            "self" => {}
            _ => break,
        }
        rest = &rest[1..];
    }
    let whole = base.into_iter().chain(rest.iter().map(String::as_str));
    Some(std::iter::once("crate").chain(whole).collect::<Vec<_>>().join("::"))
}

/// Reads `a::b::c` from `at`; the words, the line, and where it ends.
fn written_path(tokens: &[(Token, usize)], at: usize) -> (Vec<String>, usize, usize) {
    let (mut path, mut end) = (Vec::new(), at);
    while let Some((Token::Word(word), _)) = tokens.get(end) {
        path.push(word.clone());
        end += 1;
        if !matches!(
            (tokens.get(end), tokens.get(end + 1)),
            (Some((Token::Colons, _)), Some((Token::Word(_), _)))
        ) {
            break;
        }
        end += 1;
    }
    (path, tokens[at].1, end)
}

/// Reads the tree of a `use` from `at`; adds every leaf, and returns the place of what ends it.
fn use_tree(
    tokens: &[(Token, usize)],
    mut at: usize,
    before: &[String],
    leaves: &mut Vec<(Vec<String>, usize)>,
) -> usize {
    let mut path = before.to_vec();
    let mut leaf = None;
    while let Some((token, line)) = tokens.get(at) {
        match token {
            Token::Word(word) if word == "as" => at += 1,
            Token::Word(word) => {
                if word != "self" || path.is_empty() {
                    path.push(word.clone());
                }
                leaf = Some(*line);
            }
            Token::Sign('*') => leaf = Some(*line),
            Token::Sign('{') => {
                leaf = None;
                at += 1;
                while tokens.get(at).is_some_and(|(token, _)| !matches!(token, Token::Sign('}' | ';'))) {
                    at = use_tree(tokens, at, &path, leaves);
                    if tokens.get(at).is_some_and(|(token, _)| *token == Token::Sign(',')) {
                        at += 1;
                    }
                }
            }
            Token::Sign(',' | ';' | '}') => break,
            _ => {}
        }
        at += 1;
    }
    if let Some(line) = leaf {
        leaves.push((path, line));
    }
    at
}

/// Leaves out `#[cfg(test)]` modules: tests may name what they like.
fn without_tests(tokens: &[(Token, usize)]) -> Vec<(Token, usize)> {
    let word = |text: &str| Token::Word(text.to_owned());
    let cfg_test = [
        Token::Sign('#'),
        Token::Sign('['),
        word("cfg"),
        Token::Sign('('),
        word("test"),
        Token::Sign(')'),
        Token::Sign(']'),
        word("mod"),
    ];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let here = tokens[at..].iter().map(|(token, _)| token).take(cfg_test.len());
        if !here.eq(cfg_test.iter()) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let mut depth = 0;
        while at < tokens.len() {
            match tokens[at].0 {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 && tokens[at - 1].0 == Token::Sign('}') {
                break;
            }
        }
    }
    kept
}

/// Words, `::` and signs, each with its line; comments, strings, characters and lifetimes are left out.
fn tokens(text: &str) -> Vec<(Token, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    while at < chars.len() {
        let c = chars[at];
        let end = if starts(at, "//") {
            find(&chars, at, "\n")
        } else if starts(at, "/*") {
            find(&chars, at + 2, "*/") + 2
        } else if c == '"' {
            string_end(&chars, at + 1)
        } else if let Some(hashes) = raw_string(&chars, at) {
            let quote = chars[at..].iter().position(|c| *c == '"').unwrap_or(0);
            let closing = format!("\"{}", "#".repeat(hashes));
            find(&chars, at + quote + 1, &closing) + closing.len()
        } else if c == '\'' && chars.get(at + 1) == Some(&'\\') {
            find(&chars, at + 3, "'") + 1
        } else if c == '\'' && chars.get(at + 2) == Some(&'\'') {
            at + 3
        } else if c == '\'' {
            // a lifetime
            word_end(&chars, at + 1)
        } else if c.is_alphanumeric() || c == '_' {
            let end = word_end(&chars, at);
            tokens.push((Token::Word(chars[at..end].iter().collect()), line));
            end
        } else if starts(at, "::") {
            tokens.push((Token::Colons, line));
            at + 2
        } else {
            if !c.is_whitespace() {
                tokens.push((Token::Sign(c), line));
            }
            at + 1
        };
        let end = end.min(chars.len());
        line += chars[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    tokens
}

fn word_end(chars: &[char], at: usize) -> usize {
    at + chars[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count()
}

fn find(chars: &[char], from: usize, what: &str) -> usize {
    let what: Vec<char> = what.chars().collect();
    let rest = chars.get(from..).unwrap_or_default();
    rest.windows(what.len()).position(|window| window == what).map_or(chars.len(), |at| from + at)
}

fn string_end(chars: &[char], mut at: usize) -> usize {
    while let Some(c) = chars.get(at) {
        match c {
            '"' => return at + 1,
            '\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// The number of `#` of a raw string that begins at `at`, where one does.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let rest = chars[at..].strip_prefix(&['b']).unwrap_or(&chars[at..]);
    let rest = rest.strip_prefix(&['r'])?;
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}
