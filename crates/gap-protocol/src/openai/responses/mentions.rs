//! What a request goes on from, as it says itself: looked up before it is decoded, by whoever has to go far for it.

use memchr::memmem;

use crate::json::{self, Node};

use super::decode::history::{conversation_of, reference};

/// What a request names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// The response that it goes on from.
    pub previous: Option<String>,
    /// The conversation that it belongs to.
    pub conversation: Option<String>,
    /// Items that it refers to.
    pub items: Vec<String>,
    /// Whether it is to be worked on without its client.
    pub background: bool,
}

// === impl Mentions ===

impl Mentions {
    /// Finds them. What is at fault in a request says its decoder, not this. `all` says whether more is wanted than the
    /// conversation and whether it has a client that waits: most requests then need not be read.
    pub fn of(body: &[u8], all: bool) -> Self {
        let has = |name: &str| memmem::find(body, name.as_bytes()).is_some();
        let may_refer = all && (has("\"previous_response_id\"") || has("\"id\""));
        let may_name = may_refer || has("\"conversation\"") || has("\"background\"");
        if !may_name {
            return Self::default();
        }
        let Ok(request) = json::parse(body) else { return Self::default() };
        let items = request.find("input").and_then(Node::items).unwrap_or_default();
        Self {
            previous: request.find("previous_response_id").and_then(Node::text).map(std::borrow::Cow::into_owned),
            conversation: conversation_of(&request).ok().flatten().map(std::borrow::Cow::into_owned),
            items: items.iter().filter_map(reference).map(std::borrow::Cow::into_owned).collect(),
            background: request.find("background").and_then(Node::bool) == Some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_names_is_found() {
        let request = br#"{"previous_response_id":"resp_1","conversation":{"id":"conv_1"},"background":true,
            "input":[{"type":"item_reference","id":"msg_1"},{"id":"msg_2"},{"role":"user","content":"x","id":"msg_3"}]}"#;
        let expected = Mentions {
            previous: Some("resp_1".to_owned()),
            conversation: Some("conv_1".to_owned()),
            items: vec!["msg_1".to_owned(), "msg_2".to_owned()],
            background: true,
        };
        assert_eq!(Mentions::of(request, true), expected);
        assert_eq!(Mentions::of(br#"{"previous_response_id":"resp_1"}"#, false), Mentions::default());
        for nothing in [r#"{"input":"x"}"#, r#"{"conversation":7,"previous_response_id":[],"background":"#, "[]", ""] {
            assert_eq!(Mentions::of(nothing.as_bytes(), true), Mentions::default(), "{nothing}");
        }
    }
}
