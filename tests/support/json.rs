//! Documents written as JSON, for doors that take text.

use ako_gate::decode::file;
use ako_gate::model::{Node, Shape};
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Map, Value};

/// The JSON of `node`; absent values are `null`.
pub fn value(node: Node<'_>) -> Value {
    match node.shape() {
        None | Some(Shape::Null | Shape::Deep) => Value::Null,
        Some(Shape::Bool) => Value::Bool(node.text() == "true"),
        Some(Shape::Number) => serde_json::from_str(node.text()).unwrap(),
        Some(Shape::String) => Value::String(node.text().to_owned()),
        Some(Shape::List) => node.items().map(value).collect(),
        Some(Shape::Map) => node.children().map(|child| (child.key().to_owned(), value(child))).collect(),
    }
}

/// The parts of `value` at the end of every chain of keys, `*` standing for any item of a list.
pub fn texts<'a>(value: &'a Value, path: &str) -> Vec<&'a str> {
    let mut found = vec![value];
    for key in path.split('.') {
        found = found
            .into_iter()
            .flat_map(|value| match (key, value) {
                ("*", Value::Array(items)) => items.iter().collect(),
                (key, Value::Object(map)) => map.get(key).into_iter().collect(),
                _ => Vec::new(),
            })
            .collect();
    }
    found.into_iter().filter_map(Value::as_str).collect()
}

/// All that a file with a JSON text holds, objects with every place, notices and errors, to the reader of JSON files and
/// to that of YAML, which reads JSON behind a line that only YAML has.
pub fn by_both_readers(text: &str) -> [String; 2] {
    ["\n", "---\n"].map(|before| format!("{:?}", file::read(&format!("{before}{text}"), "x.json", None)))
}

/// Whether a text is JSON objects one after the other.
pub fn is_json(text: &str) -> bool {
    let values = || Deserializer::from_str(text);
    // what is ignored may hold numbers that no value has room for
    values().into_iter::<IgnoredAny>().all(|value| value.is_ok())
        && values().into_iter::<Map<String, Value>>().all(|object| object.is_ok())
}
