//! Field paths, written as Kubernetes writes them.

use std::fmt;

/// The path of a field from the root of its object, e.g. `spec.ipFamilies[0]` or
/// `metadata.annotations[ako.vmware.com/load-balancer-ip]`.
///
/// A key of letters, digits and inner hyphens follows a dot, any other stands in brackets without quotes
/// (design 3; k8s.io/apimachinery@v0.36.3:pkg/util/validation/field/path.go).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(String);

fn is_plain(key: &str) -> bool {
    let inner = !key.starts_with('-') && !key.ends_with('-');
    inner && !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl FieldPath {
    /// The path of a map entry below this one.
    #[must_use]
    pub fn child(mut self, key: &str) -> Self {
        if is_plain(key) {
            if !self.0.is_empty() {
                self.0.push('.');
            }
            self.0.push_str(key);
        } else {
            self.0.push('[');
            self.0.push_str(key);
            self.0.push(']');
        }
        self
    }

    /// The path of a list item below this one.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        use fmt::Write;
        let _ = write!(self.0, "[{index}]");
        self
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::FieldPath;

    #[test]
    fn renders_as_kubernetes_does() {
        let path = FieldPath::default().child("spec").child("ipFamilies").index(0);
        assert_eq!(path.as_str(), "spec.ipFamilies[0]");
        let path = FieldPath::default().child("metadata").child("annotations").child("a.b/c");
        assert_eq!(path.as_str(), "metadata.annotations[a.b/c]");
        assert_eq!(FieldPath::default().child("data").child("_x").as_str(), "data[_x]");
    }
}
