//! What is to be judged.

use std::str::FromStr;

use super::object::Object;

/// What is being done to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is created.
    Create,
    /// It replaces an existing one.
    Update,
    /// It is deleted.
    Delete,
    /// A connection is opened to it.
    Connect,
}

/// A text that is no operation of an `AdmissionRequest`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown operation {0:?}")]
pub struct UnknownOperation(pub String);

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "CREATE" => Ok(Self::Create),
            "UPDATE" => Ok(Self::Update),
            "DELETE" => Ok(Self::Delete),
            "CONNECT" => Ok(Self::Connect),
            other => Err(UnknownOperation(other.to_owned())),
        }
    }
}

/// One thing to judge: the object, what it replaces, and the circumstances.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The object as it would be afterwards.
    pub subject: Object<'a>,
    /// The object as it is, on an update.
    pub old: Option<Object<'a>>,
    /// What is being done.
    pub operation: Operation,
    /// The subresource; empty for the object itself.
    pub subresource: &'a str,
    /// The user who asks; absent outside admission.
    pub requester: Option<&'a str>,
    /// Whether nothing will be stored. Cluster IPs are placeholders then (kubernetes.md 2.1).
    pub dry_run: bool,
}

impl<'a> Request<'a> {
    /// A request to create `subject`.
    pub fn create(subject: Object<'a>) -> Self {
        Self {
            subject,
            old: None,
            operation: Operation::Create,
            subresource: "",
            requester: None,
            dry_run: false,
        }
    }

    /// A request to replace `old` with `subject`.
    pub fn update(old: Object<'a>, subject: Object<'a>) -> Self {
        Self { old: Some(old), operation: Operation::Update, ..Self::create(subject) }
    }
}
