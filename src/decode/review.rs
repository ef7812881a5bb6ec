//! An `AdmissionReview` as the API server posts it.

use super::{SyntaxError, embedded, json};
use crate::model::document::Document;
use crate::model::{Node, Object, Operation, Request, Shape};

/// A decoded review. Whatever is valid JSON decodes; what is missing in it shows when it is asked for.
#[derive(Debug)]
pub struct Review {
    document: Document,
}

/// Why a review that has a uid cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot decode the review: {0}")]
pub struct Undecodable(pub String);

impl Review {
    /// Decodes a body.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let document = json::parse(text)?;
        let document = embedded::expand(document, |d| Node::root(d).at("request").at("object"), None);
        let document = embedded::expand(document, |d| Node::root(d).at("request").at("oldObject"), None);
        Ok(Self { document })
    }

    fn root(&self) -> Node<'_> {
        Node::root(&self.document)
    }

    fn field(&self, key: &str) -> Node<'_> {
        self.root().at("request").at(key)
    }

    /// The uid to answer to; `None` when there is none, so that there is nothing to answer.
    pub fn uid(&self) -> Option<&str> {
        self.field("uid").as_str().filter(|uid| !uid.is_empty())
    }

    /// The version to answer in: that of the review, `v1` if it names none.
    pub fn api_version(&self) -> &str {
        let written = self.root().at("apiVersion").text();
        if written.starts_with("admission.k8s.io/") { written } else { "admission.k8s.io/v1" }
    }

    /// Whether this is an `AdmissionReview` at all.
    pub fn is_admission_review(&self) -> bool {
        self.root().at("kind").text() == "AdmissionReview"
    }

    /// The kind of the object, as the request names it.
    pub fn kind(&self) -> &str {
        self.field("kind").at("kind").text()
    }

    /// The group of the object's kind, as the request names it.
    pub fn group(&self) -> &str {
        self.field("kind").at("group").text()
    }

    /// The namespace of the request.
    pub fn namespace(&self) -> &str {
        self.field("namespace").text()
    }

    /// The name of the object; absent on a `deletecollection`.
    pub fn name(&self) -> &str {
        self.field("name").text()
    }

    /// The user who asks.
    pub fn user(&self) -> Option<&str> {
        self.field("userInfo").at("username").as_str()
    }

    /// What is to be judged.
    pub fn request(&self) -> Result<Request<'_>, Undecodable> {
        let request = self.root().at("request");
        let [operation, object, old, subresource, user, dry_run] =
            request.entries(["operation", "object", "oldObject", "subResource", "userInfo", "dryRun"]);
        let operation = operation.as_str().ok_or_else(|| Undecodable("it names no operation".to_owned()))?;
        let operation: Operation = operation.parse().map_err(|e| Undecodable(format!("{e}")))?;
        let is_object = |key: &str, node: Node<'_>| match node.shape() {
            Some(Shape::Map) => Ok(true),
            None | Some(Shape::Null) => Ok(false),
            Some(_) => Err(Undecodable(format!("request.{key} is no object"))),
        };
        let new = is_object("object", object)?.then(|| Object::at(object));
        let old = is_object("oldObject", old)?.then(|| Object::at(old));
        // a DELETE has no object, a CONNECT may have neither: both are allowed without a look
        let subject = match (new, old, operation) {
            (Some(new), ..) => new,
            (None, Some(old), Operation::Delete | Operation::Connect) => old,
            (None, _, Operation::Delete | Operation::Connect) => Object::at(request.absent()),
            (None, ..) => return Err(Undecodable("request.object is missing".to_owned())),
        };
        if new.is_some() && (subject.kind_name().is_empty() || subject.api_version().is_empty()) {
            return Err(Undecodable("request.object has no apiVersion and kind".to_owned()));
        }
        Ok(Request {
            subject,
            old,
            operation,
            subresource: subresource.as_str().unwrap_or_default(),
            requester: user.at("username").as_str(),
            dry_run: dry_run.as_bool().unwrap_or(false),
        })
    }
}
