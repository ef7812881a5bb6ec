//! A fault that a rule found.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};

use super::document::Span;
use super::node::Node;
use super::object::{Object, ObjectRef};
use super::path::FieldPath;

/// The kind of fault, in the words of Kubernetes' field errors
/// (k8s.io/apimachinery@v0.36.3:pkg/util/validation/field/errors.go).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CauseKind {
    /// The value is malformed or out of its range.
    Invalid,
    /// The value is well-formed but outside what the release supports.
    NotSupported,
    /// A value is missing.
    Required,
    /// The value is well-formed but must not be used here.
    Forbidden,
    /// There are more values than may be used.
    TooMany,
}

impl CauseKind {
    /// The name in the JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "Invalid",
            Self::NotSupported => "NotSupported",
            Self::Required => "Required",
            Self::Forbidden => "Forbidden",
            Self::TooMany => "TooMany",
        }
    }

    /// The reason in `status.details.causes[]` of a denial (k8s.io/apimachinery@v0.36.3:pkg/apis/meta/v1/types.go,
    /// `CauseType`, whose values are those of `field.ErrorType`).
    pub fn reason(self) -> &'static str {
        match self {
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Required => "FieldValueRequired",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooMany => "FieldValueTooMany",
        }
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The one safe answer to a fault. Nothing that was written is ever taken out: it may be what was meant, and its
/// neighbour the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The value blamed becomes this text.
    Value(String),
    /// The key of the value blamed becomes this text.
    Key(&'static str),
    /// The map that lacks this key gets it, with this text, or with an empty map.
    Entry(&'static str, Option<&'static str>),
}

/// A fix as a change of the file: the text at a place becomes another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// A fault at one field of one object, with everything a person needs to mend it.
///
/// It does not know what happens to it: whether it denies or warns is the engine's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule; the engine fills it in.
    pub rule: &'static str,
    /// The object.
    pub object: ObjectRef,
    /// The field.
    pub field: FieldPath,
    /// The value blamed, as text; empty when the fault is that there is none.
    pub value: String,
    /// The kind of fault.
    pub kind: CauseKind,
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// What would happen if it were admitted.
    pub consequence: Cow<'static, str>,
    /// What to do about it.
    pub remedy: Cow<'static, str>,
    /// Where the value stands, when it came from a file.
    pub span: Option<Span>,
    /// What would mend it, where there is exactly one safe answer.
    pub fix: Option<Fix>,
    /// The fix as a change of the file, where the file can be changed so; whoever has its text fills this in.
    pub edit: Option<Edit>,
}

impl Finding {
    /// A finding at `node` of `object`. Complete it with [`Finding::because`] and [`Finding::remedy`].
    pub fn at(
        object: Object<'_>,
        node: Node<'_>,
        kind: CauseKind,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            rule: "",
            object: object.reference(),
            field: node.path_from(object.root()),
            value: node.text().to_owned(),
            kind,
            message: message.into(),
            consequence: Cow::default(),
            remedy: Cow::default(),
            span: node.span(),
            fix: None,
            edit: None,
        }
    }

    /// A finding at the field `key` that is missing below `parent`.
    pub fn missing(
        object: Object<'_>,
        parent: Node<'_>,
        key: &str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut finding = Self::at(object, parent, CauseKind::Required, message);
        finding.field = finding.field.child(key);
        finding.value = String::new();
        finding
    }

    /// Says what would happen if the object were admitted.
    #[must_use]
    pub fn because(mut self, consequence: impl Into<Cow<'static, str>>) -> Self {
        self.consequence = consequence.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// Says what would mend it, where there is exactly one safe answer.
    #[must_use]
    pub fn fixed_by(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }

    /// Says that the value becomes `text`, if there is one that is certainly meant.
    #[must_use]
    pub fn meant(self, text: Option<impl Into<String>>) -> Self {
        self.fixed_by(text.map(|text| Fix::Value(text.into())))
    }

    /// Identifies the fault across runs and moved lines: the first 16 hex digits of SHA-256 over rule, group, kind,
    /// namespace, name, field and value, each ended by a zero byte (design 3).
    pub fn fingerprint(&self) -> String {
        let object = &self.object;
        let (field, value) = (self.field.as_str(), self.value.as_str());
        let parts = [self.rule, object.group(), &object.kind, &object.namespace, &object.name, field, value];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
            hash.update([0]);
        }
        let first: [u8; 8] = hash.finalize().first_chunk().copied().unwrap_or_default();
        format!("{:016x}", u64::from_be_bytes(first))
    }

    /// Whether this is the same fault as another: same rule, field and value.
    pub fn is_same_fault(&self, other: &Self) -> bool {
        self.rule == other.rule && self.field == other.field && self.value == other.value
    }
}
