//! Documents with one thing wrong in them.

use serde_json::{Value, json};

/// Number of ways to break a place.
pub const KINDS: usize = 12;

/// The JSON pointers of every value inside `value`.
pub fn places(value: &Value) -> Vec<String> {
    let mut places = Vec::new();
    collect(value, "", &mut places);
    places
}

fn collect(value: &Value, at: &str, places: &mut Vec<String>) {
    let mut add = |key: &str, child: &Value| {
        let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        places.push(place.clone());
        collect(child, &place, places);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, child)| add(key, child)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, child)| add(&index.to_string(), child));
        }
        _ => {}
    }
}

/// A broken document.
pub struct Mutant {
    /// Its text.
    pub text: String,
    /// What can be read of it: nesting beyond what a reader here follows is an empty list.
    pub value: Value,
}

/// `value` with what stands at `place` broken in the way `kind`.
pub fn mutant(value: &Value, place: &str, kind: usize) -> Mutant {
    let mut copy = value.clone();
    let broken = match kind {
        0 => {
            remove(&mut copy, place);
            return Mutant { text: copy.to_string(), value: copy };
        }
        1 => Value::Null,
        2 => json!(true),
        3 => json!(7),
        4 => json!(-1.5e300),
        5 => json!(""),
        6 => json!("text\u{0}\n\u{1b}[31m"),
        8 => json!({}),
        9 => json!([{"a": [null, "x"]}, 7]),
        11 => json!("2001:db8::1,".repeat(2000)),
        _ => json!([]),
    };
    let mut put = |broken| {
        if let Some(target) = copy.pointer_mut(place) {
            *target = broken;
        }
        copy.clone()
    };
    let mut text = put(broken.clone()).to_string();
    if kind == 10 {
        // deeper than a `Value` should be: put in as text
        let mark = "the-place-to-break";
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        text = put(json!(mark)).to_string().replacen(&format!("\"{mark}\""), &deep, 1);
    }
    Mutant { text, value: put(broken) }
}

fn remove(value: &mut Value, place: &str) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => drop(map.remove(&key)),
        Some(Value::Array(items)) => drop(items.remove(key.parse().unwrap())),
        _ => {}
    }
}
