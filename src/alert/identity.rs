//! The ids of rules, runs and alerts.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Origin;
use crate::value::Timestamp;

/// Of all names that this crate makes UUIDs of; itself made of the repository's URL.
const NAMESPACE: Uuid = Uuid::from_u128(0x0e79_2843_cc18_53a9_ad56_4cd4_294f_122f);

/// `kibana.alert.rule.uuid`: the version 5 UUID of a rule's `rule_id` in the namespace
/// `0e792843-cc18-53a9-ad56-4cd4294f122f`.
///
/// In Kibana it is the id of the saved object, another one after each import; here a rule has the same
/// one everywhere.
#[must_use]
pub fn rule_uuid(rule_id: &str) -> String {
    Uuid::new_v5(&NAMESPACE, rule_id.as_bytes()).to_string()
}

pub(super) fn execution_uuid(created: Timestamp) -> String {
    let name = format!("execution {} {}", created.as_nanos(), std::process::id());
    Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
}

/// The id of the alert of one event.
///
/// Kibana hashes the event's `_version` too. The hits of an EQL search have none, and JavaScript writes
/// that as `undefined`.
pub(super) fn event_alert(origin: Origin<'_>, space_id: &str, rule_uuid: &str) -> String {
    sha256(&[origin.index, origin.id, "undefined", space_id, ":", rule_uuid])
}

/// SHA-256 of the texts one after the other, in lower-case hexadecimal.
pub(super) fn sha256(texts: &[&str]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.as_bytes());
    }
    hash.finalize()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_sha256sum_does() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&["a", "", "bc"]), expected);
    }

    /// The id of an alert that Kibana 8.2 made.
    #[test]
    fn ids_are_those_of_kibana() {
        let origin = Origin { index: "geneve-ut-292", id: "992OPoUBe3tySuKqpz9d" };
        assert_eq!(
            event_alert(origin, "default", "c55330b0-82ad-11ed-93ff-3323f74f31a3"),
            "ddedd6a6c4ea61648972971f5602f024e16dd3f3d1f190ba1d1746e46e5129cc"
        );
    }

    #[test]
    fn runs_differ() {
        let id = |nanos| execution_uuid(Timestamp::from_nanos(nanos));
        assert_ne!(id(1), id(2));
        assert_eq!(id(1), id(1));
        assert_eq!(id(1).len(), 36);
    }
}
