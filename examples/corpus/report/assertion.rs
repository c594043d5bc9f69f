//! The assertions in the first comments of test feeds: expressions of Python, in the part of it
//! that they use: `not bozo and entries[0]['title'] == 'a' + 'b'`.

/// A part of an assertion: the parts are joined by `and`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// Whether the document is broken: of no concern.
    Broken,
    /// The value at a path is this one.
    Equals(Vec<Step>, Value),
    /// Anything else, as written.
    Other(String),
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Of an object.
    Name(String),
    /// Of a list.
    At(usize),
}

/// What a path is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A tuple of numbers: a moment.
    Tuple(Vec<i64>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(i64),
    Sign(String),
}

/// The parts of `assertion`.
pub(crate) fn parts(assertion: &str) -> Vec<Part> {
    let tokens = tokens(assertion);
    let mut parts = Vec::new();
    let mut depth = 0_i32;
    let mut current = Vec::new();
    for token in tokens {
        match &token {
            Token::Sign(sign) if sign == "(" || sign == "[" => depth += 1,
            Token::Sign(sign) if sign == ")" || sign == "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && token == Token::Word("and".to_owned()) {
            parts.push(part(&std::mem::take(&mut current)));
        } else {
            current.push(token);
        }
    }
    parts.push(part(&current));
    parts
}

fn part(tokens: &[Token]) -> Part {
    let as_written = || Part::Other(tokens.iter().map(written).collect::<Vec<_>>().join(""));
    let is_word = |token: &Token, word: &str| *token == Token::Word(word.to_owned());
    match tokens {
        [bozo] if is_word(bozo, "bozo") => Part::Broken,
        [not, bozo] if is_word(not, "not") && is_word(bozo, "bozo") => Part::Broken,
        _ => {
            let equals = Token::Sign("==".to_owned());
            let at = tokens.iter().position(|token| *token == equals);
            at.and_then(|at| Some(Part::Equals(path(&tokens[..at])?, value(&tokens[at + 1..])?)))
                .unwrap_or_else(as_written)
        }
    }
}

fn written(token: &Token) -> String {
    match token {
        Token::Word(text) => format!("{text} "),
        Token::Sign(text) => text.clone(),
        Token::Text(text) => format!("{text:?}"),
        Token::Number(number) => number.to_string(),
    }
}

/// `a['b'][0].c`, and `len(a)`, which is the path `a` with a last step `len()`.
fn path(tokens: &[Token]) -> Option<Vec<Step>> {
    let sign = |token: &Token, sign: &str| *token == Token::Sign(sign.to_owned());
    if let [len, open, inner @ .., close] = tokens
        && *len == Token::Word("len".to_owned())
        && sign(open, "(")
        && sign(close, ")")
    {
        let mut steps = path(inner)?;
        steps.push(Step::Name("len()".to_owned()));
        return Some(steps);
    }
    let Some((Token::Word(first), mut rest)) = tokens.split_first() else { return None };
    let mut steps = vec![Step::Name(first.clone())];
    while !rest.is_empty() {
        rest = match rest {
            [dot, Token::Word(name), rest @ ..] if sign(dot, ".") => {
                steps.push(Step::Name(name.clone()));
                rest
            }
            [open, Token::Text(name), close, rest @ ..] if sign(open, "[") && sign(close, "]") => {
                steps.push(Step::Name(name.clone()));
                rest
            }
            [open, Token::Number(at), close, rest @ ..] if sign(open, "[") && sign(close, "]") => {
                steps.push(Step::At(usize::try_from(*at).ok()?));
                rest
            }
            _ => return None,
        };
    }
    Some(steps)
}

fn value(tokens: &[Token]) -> Option<Value> {
    match tokens {
        [Token::Number(number)] => return Some(Value::Number(*number)),
        [Token::Text(first), rest @ ..] => {
            let mut text = first.clone();
            for pair in rest.chunks(2) {
                let [Token::Sign(plus), Token::Text(more)] = pair else { return None };
                (plus == "+").then(|| text.push_str(more))?;
            }
            return Some(Value::Text(text));
        }
        [Token::Sign(open), .., Token::Sign(close)] if open == "(" && close == ")" => {}
        _ => return None,
    }
    let numbers = tokens[1..tokens.len() - 1].chunks(2).map(|pair| match pair {
        [Token::Number(number)] | [Token::Number(number), Token::Sign(_)] => Some(*number),
        _ => None,
    });
    numbers.collect::<Option<Vec<_>>>().map(Value::Tuple)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_prefix = matches!(first, 'u' | 'r' | 'b') && rest[1..].starts_with(['\'', '"']);
        let quoted = if is_prefix { &rest[1..] } else { rest };
        let taken = if let Some((text, length)) = string(quoted) {
            tokens.push(Token::Text(text));
            length + usize::from(is_prefix)
        } else if first.is_ascii_digit() {
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            tokens.push(Token::Number(rest[..length].parse().unwrap_or(i64::MAX)));
            length
        } else if first.is_alphabetic() || first == '_' {
            let ends = |c: char| !c.is_alphanumeric() && c != '_';
            let length = rest.find(ends).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..length].to_owned()));
            length
        } else {
            let length = if rest.starts_with("==") { 2 } else { first.len_utf8() };
            tokens.push(Token::Sign(rest[..length].to_owned()));
            length
        };
        rest = rest[taken..].trim_start();
    }
    tokens
}

/// A string in quotes at the start of `text`, and the bytes it takes.
fn string(text: &str) -> Option<(String, usize)> {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| text.starts_with(quote))?;
    let mut out = String::new();
    let mut at = quote.len();
    while !text[at..].starts_with(quote) {
        let c = text[at..].chars().next()?;
        at += c.len_utf8();
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escape = text[at..].chars().next()?;
        at += escape.len_utf8();
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'n' | 't' | 'r' => {
                out.push(match escape {
                    'n' => '\n',
                    't' => '\t',
                    _ => '\r',
                });
                continue;
            }
            _ => {
                out.push(escape);
                continue;
            }
        };
        let number = u32::from_str_radix(text.get(at..at + digits)?, 16).ok()?;
        out.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
        at += digits;
    }
    Some((out, at + quote.len()))
}
