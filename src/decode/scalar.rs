//! Plain YAML scalars as kubectl reads them: YAML 1.1 in the dialect of go-yaml v2
//! (sigs.k8s.io/yaml@v1.6.0:goyaml.v2/resolve.go).

use std::borrow::Cow;

use crate::model::Shape;

/// What an unquoted scalar means, and its text as JSON would have it.
pub fn resolve(text: &str) -> (Shape, Cow<'_, str>) {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return (Shape::Null, Cow::Borrowed("")),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            return (Shape::Bool, Cow::Borrowed("true"));
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            return (Shape::Bool, Cow::Borrowed("false"));
        }
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return (Shape::String, Cow::Borrowed(text));
    }
    let plain: Cow<'_, str> =
        if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    if let Some(integer) = integer(&plain) {
        return (Shape::Number, Cow::Owned(integer.to_string()));
    }
    match float(&plain) {
        Some(float) => (Shape::Number, Cow::Owned(float.to_string())),
        None => (Shape::String, Cow::Borrowed(text)),
    }
}

/// Go's `strconv.ParseInt(text, 0, 64)` and `ParseUint`: a leading 0 means octal.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = sign * i128::from_str_radix(digits, radix).ok()?;
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

fn float(text: &str) -> Option<f64> {
    let mantissa = text.strip_prefix(['-', '+']).unwrap_or(text);
    let allowed = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    let has_digit = mantissa.bytes().any(|b| b.is_ascii_digit());
    if !has_digit || !mantissa.bytes().all(allowed) || mantissa.starts_with(['e', 'E']) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_scalars_as_kubectl_does() {
        for (text, shape, value) in [
            ("yes", Shape::Bool, "true"),
            ("Off", Shape::Bool, "false"),
            ("~", Shape::Null, ""),
            ("012", Shape::Number, "10"),
            ("1_000", Shape::Number, "1000"),
            ("0x1F", Shape::Number, "31"),
            ("-3", Shape::Number, "-3"),
            ("1.5", Shape::Number, "1.5"),
            ("1e3", Shape::Number, "1000"),
            ("1.30", Shape::Number, "1.3"),
            ("1.9.3", Shape::String, "1.9.3"),
            ("10.0.0.1", Shape::String, "10.0.0.1"),
            ("2001:db8::1", Shape::String, "2001:db8::1"),
            ("10.0.0.0/24", Shape::String, "10.0.0.0/24"),
            ("089", Shape::Number, "89"),
            ("-", Shape::String, "-"),
            ("2024-01-01", Shape::String, "2024-01-01"),
            ("V6", Shape::String, "V6"),
        ] {
            assert_eq!(resolve(text), (shape, Cow::Borrowed(value)), "{text}");
        }
    }
}
