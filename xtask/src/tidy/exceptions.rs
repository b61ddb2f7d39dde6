//! What may break a rule, and why. Nothing else may.

use crate::tidy::{Finding, Rule};

/// One permission.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exception {
    /// The rule it lifts.
    pub(super) rule: Rule,
    /// For exactly this.
    pub(super) subject: &'static str,
    /// Why that is right.
    pub(super) reason: &'static str,
}

const RUST_CRYPTO: &str = "sqlx 0.9 signs in to PostgreSQL with the generation before ours; both are small";

const EXCEPTIONS: &[Exception] = &[
    Exception {
        rule: Rule::Duplicate,
        subject: "getrandom",
        reason: "ring 0.17 holds 0.2, everything else has moved on; both are thin calls to the system",
    },
    Exception { rule: Rule::Duplicate, subject: "block-buffer", reason: RUST_CRYPTO },
    Exception { rule: Rule::Duplicate, subject: "cpufeatures", reason: RUST_CRYPTO },
    Exception { rule: Rule::Duplicate, subject: "crypto-common", reason: RUST_CRYPTO },
    Exception { rule: Rule::Duplicate, subject: "digest", reason: RUST_CRYPTO },
    Exception { rule: Rule::Duplicate, subject: "sha2", reason: RUST_CRYPTO },
    Exception {
        rule: Rule::Duplicate,
        subject: "hashbrown",
        reason: "sqlx 0.9 holds 0.16 for its statement caches, everything else has moved on",
    },
    Exception {
        rule: Rule::Duplicate,
        subject: "syn",
        reason: "procedural macros are moving from 2 to 3 one by one; neither is in the binary",
    },
    Exception {
        rule: Rule::Licence,
        subject: "webpki-roots",
        reason: "CDLA-Permissive-2.0 covers Mozilla's list of root certificates, which is data",
    },
];

/// Takes out what is permitted; also says which permissions nothing needed.
pub(super) fn apply(findings: Vec<Finding>) -> (Vec<Finding>, Vec<&'static Exception>) {
    let stale =
        EXCEPTIONS.iter().filter(|exception| !findings.iter().any(|finding| exception.permits(finding))).collect();
    let wrong =
        findings.into_iter().filter(|finding| !EXCEPTIONS.iter().any(|exception| exception.permits(finding))).collect();
    (wrong, stale)
}

impl Exception {
    fn permits(&self, finding: &Finding) -> bool {
        self.rule == finding.rule && self.subject == finding.subject && !self.reason.is_empty()
    }
}
