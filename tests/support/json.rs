//! Documents written as JSON, for doors that take text.

use ako_gate::model::{Node, Shape};
use serde_json::Value;

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
