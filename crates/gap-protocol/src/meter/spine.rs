//! The words that the meter knows: which containers lead to a value that GAP reads, and by which keys.

use super::value::Slot;

/// A container on the spine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Node {
    #[default]
    Root,
    Candidates,
    Candidate,
    Content,
    Parts,
    Part,
    PromptFeedback,
    /// The interaction that an event of the interactions API is about.
    Interaction,
    /// Of an event of the interactions API.
    Metadata,
    /// The file that an upload answers with.
    File,
}

/// A key on the spine that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    BlockReason,
    Candidates,
    Content,
    Error,
    File,
    FinishReason,
    Id,
    Interaction,
    Metadata,
    ModelVersion,
    Name,
    Parts,
    PromptFeedback,
    ResponseId,
    Signature,
    Text,
    TotalUsage,
    Usage,
    Other,
}

/// The open containers of the spine; the deepest is root, candidates, candidate, content, parts, part.
#[derive(Debug, Default)]
pub(super) struct Spine {
    nodes: [Node; 6],
    depth: usize,
}

/// The bytes of a key; longer than any that means something is as good as none.
#[derive(Debug, Default)]
pub(super) struct KeyBuffer {
    bytes: [u8; 24],
    length: usize,
}

// === impl Node ===

impl Node {
    pub(super) fn is_object(self) -> bool {
        !matches!(self, Self::Candidates | Self::Parts)
    }

    /// The container that `bracket` opens, if it is one of the spine.
    pub(super) fn entered(parent: Option<Self>, key: Key, bracket: u8) -> Option<Self> {
        let node = match (parent, key) {
            (None, _) => Self::Root,
            (Some(Self::Root), Key::Candidates) => Self::Candidates,
            (Some(Self::Root), Key::PromptFeedback) => Self::PromptFeedback,
            (Some(Self::Root), Key::Interaction) => Self::Interaction,
            (Some(Self::Root), Key::Metadata) => Self::Metadata,
            (Some(Self::Root), Key::File) => Self::File,
            (Some(Self::Candidates), _) => Self::Candidate,
            (Some(Self::Candidate), Key::Content) => Self::Content,
            (Some(Self::Content), Key::Parts) => Self::Parts,
            (Some(Self::Parts), _) => Self::Part,
            _ => return None,
        };
        (node.is_object() == (bracket == b'{')).then_some(node)
    }

    /// What the value of `key` is read for.
    pub(super) fn slot(self, key: Key) -> Option<Slot> {
        match (self, key) {
            (Self::Root | Self::Interaction, Key::Usage) | (Self::Metadata, Key::TotalUsage) => Some(Slot::Usage),
            (Self::Root, Key::ModelVersion) => Some(Slot::ModelVersion),
            (Self::Root, Key::ResponseId) | (Self::Root | Self::Interaction, Key::Id) => Some(Slot::ResponseId),
            (Self::Root, Key::Error) => Some(Slot::Error),
            (Self::Root | Self::File, Key::Name) => Some(Slot::Name),
            (Self::Candidate, Key::FinishReason) => Some(Slot::FinishReason),
            (Self::PromptFeedback, Key::BlockReason) => Some(Slot::BlockReason),
            (Self::Part, Key::Text) => Some(Slot::Text),
            _ => None,
        }
    }
}

// === impl KeyBuffer ===

impl KeyBuffer {
    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    pub(super) fn keep(&mut self, piece: &[u8]) {
        let end = self.length + piece.len();
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(piece);
        }
        self.length = end;
    }

    /// Google accepts and, for some clients, writes names in snake case too (wire 32).
    pub(super) fn read(&self) -> Key {
        match self.bytes.get(..self.length).unwrap_or_default() {
            b"blockReason" | b"block_reason" => Key::BlockReason,
            b"candidates" => Key::Candidates,
            b"content" => Key::Content,
            b"error" => Key::Error,
            b"file" => Key::File,
            b"finishReason" | b"finish_reason" => Key::FinishReason,
            b"id" => Key::Id,
            b"interaction" => Key::Interaction,
            b"metadata" => Key::Metadata,
            b"modelVersion" | b"model_version" => Key::ModelVersion,
            b"name" => Key::Name,
            b"parts" => Key::Parts,
            b"promptFeedback" | b"prompt_feedback" => Key::PromptFeedback,
            b"responseId" | b"response_id" => Key::ResponseId,
            b"text" => Key::Text,
            b"thought" | b"thoughtSignature" | b"thought_signature" => Key::Signature,
            b"total_usage" => Key::TotalUsage,
            b"usage" | b"usageMetadata" | b"usage_metadata" => Key::Usage,
            _ => Key::Other,
        }
    }
}

// === impl Spine ===

impl Spine {
    pub(super) fn is_empty(&self) -> bool {
        self.depth == 0
    }

    pub(super) fn innermost(&self) -> Option<Node> {
        self.depth.checked_sub(1).map(|top| self.nodes[top])
    }

    pub(super) fn push(&mut self, node: Node) {
        // Each node has one parent, so no path is longer than the array.
        self.nodes[self.depth] = node;
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) {
        self.depth -= 1;
    }
}
