//! What the routes of conversations take and show.

use gap_store::conversations::{Conversation, ConversationFilter, ConversationOrder, Turn};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::actor::Actor;
use super::super::kept::given;
use crate::app::App;
use crate::conversations::export::system_of;
use crate::roster::Keeping;

/// A conversation, without what was said.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ContextView {
    /// Its identifier.
    pub id: Uuid,
    /// What its client calls it.
    pub name: String,
    /// What people call it: at first the beginning of what was asked.
    pub title: String,
    /// The access key whose it is.
    pub access_key: String,
    /// The model that spoke last.
    pub model: String,
    /// Whether it stays however old it is.
    pub pinned: bool,
    /// How many seconds it is kept after its last turn; null: as long as the settings say.
    pub ttl_seconds: Option<u64>,
    /// How many turns there are, on all branches.
    pub turns: i64,
    /// How many tokens they cost to say again.
    pub tokens: i64,
    /// How many letters they have.
    pub bytes: i64,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When something was said last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it is over, if nothing more is said; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Where it is kept: `memory` is until restart.
    pub kept: Keeping,
}

/// A conversation with what its client told the model before all else.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ContextDetail {
    /// About it.
    #[serde(flatten)]
    pub context: ContextView,
    /// The system instruction that was sent last, as a `Content` of Gemini's; null when none was.
    #[schema(value_type = Option<Object>)]
    pub system: Option<Value>,
}

/// A turn of a conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ContextTurn {
    /// Its number, from 1.
    pub number: i64,
    /// The turn that it follows; 0 is the beginning.
    pub parent: i64,
    /// Who spoke: `user` or `model`.
    pub role: &'static str,
    /// Whether it leads to the end of the conversation, or to that of another branch.
    pub active: bool,
    /// What was said, as a `Content` of Gemini's; null when the conversation has grown too large for it.
    #[schema(value_type = Object)]
    pub content: Value,
    /// How many tokens it costs to say it again.
    pub tokens: i64,
    /// Whether the answer broke off.
    pub partial: bool,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A conversation with all that was said.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ContextExport {
    /// About it.
    pub context: ContextView,
    /// The system instruction that was sent last, as a `Content` of Gemini's.
    #[schema(value_type = Option<Object>)]
    pub system: Option<Value>,
    /// Its turns, on all branches.
    pub turns: Vec<ContextTurn>,
}

/// Which conversations are meant.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ContextFilter {
    /// Of this access key only. An ordinary user gets their own anyway.
    pub access_key: Option<String>,
    /// With this in their title, their name or what was said.
    pub text: Option<String>,
    /// Last answered by this model.
    pub model: Option<String>,
    /// Pinned, or not.
    pub pinned: Option<bool>,
    /// With nothing said since this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub before: Option<Timestamp>,
}

/// Which conversations are listed, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContextQuery {
    /// Of this access key only. An ordinary user gets their own anyway.
    pub access_key: Option<String>,
    /// With this in their title, their name or what was said.
    pub text: Option<String>,
    /// Last answered by this model.
    pub model: Option<String>,
    /// Pinned, or not.
    pub pinned: Option<bool>,
    /// With nothing said since this time.
    #[param(value_type = Option<String>, format = DateTime)]
    pub before: Option<Timestamp>,
    /// In which order.
    #[param(inline)]
    pub sort: Option<ContextSort>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContextSort {
    /// Pinned ones first, then those in which something was said last.
    #[default]
    Newest,
    /// Those first in which nothing was said for longest.
    Oldest,
    /// By title.
    Title,
    /// The largest first.
    Tokens,
}

/// Which turns are shown.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TurnQuery {
    /// Those of other branches, too.
    pub branches: Option<bool>,
}

/// How a conversation is exported.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// As what.
    #[param(inline)]
    pub format: Option<ContextFormat>,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContextFormat {
    /// All of it, for programs.
    #[default]
    Json,
    /// For people.
    Markdown,
}

/// What is to be changed about a conversation. What is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateContext {
    /// What people call it.
    pub title: Option<String>,
    /// Whether it stays however old it is.
    pub pinned: Option<bool>,
    /// How many seconds it is kept after its last turn; null: as long as the settings say.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u64>, minimum = 1)]
    #[expect(clippy::option_option, reason = "left out and null are two things")]
    pub ttl_seconds: Option<Option<u64>>,
}

/// What is to be done with many conversations.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkContexts {
    /// What.
    pub action: BulkContextAction,
    /// With these.
    pub ids: Option<Vec<Uuid>>,
    /// With all that pass this filter.
    pub filter: Option<ContextFilter>,
}

/// What can be done with many conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BulkContextAction {
    /// Delete them.
    Delete,
    /// Let them stay however old they are.
    Pin,
    /// Let them go in their time.
    Unpin,
}

/// What was done.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct ContextBulkDone {
    /// How many conversations were changed.
    pub changed: u64,
}

// === impl ContextView ===

impl ContextView {
    pub(super) fn of(app: &App, conversation: &Conversation) -> Self {
        Self {
            id: conversation.id,
            name: conversation.name.clone(),
            title: conversation.title.clone(),
            access_key: conversation.owner.clone(),
            model: conversation.model.clone(),
            pinned: conversation.pinned,
            ttl_seconds: conversation.ttl.map(|ttl| ttl.as_secs()),
            turns: conversation.turns,
            tokens: conversation.tokens,
            bytes: conversation.bytes,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
            expires_at: conversation.expires_at(app.conversations.default_ttl()),
            kept: app.conversations.keeping(),
        }
    }
}

// === impl ContextDetail ===

impl ContextDetail {
    pub(super) fn of(app: &App, conversation: &Conversation) -> Self {
        Self { context: ContextView::of(app, conversation), system: system_of(conversation) }
    }
}

// === impl ContextTurn ===

impl ContextTurn {
    pub(super) fn of(turn: &Turn, active: bool, content: Value) -> Self {
        Self {
            number: turn.number,
            parent: turn.parent,
            role: if turn.shape.is_models { "model" } else { "user" },
            active,
            content,
            tokens: turn.shape.tokens,
            partial: turn.shape.partial,
            at: turn.at,
        }
    }

    pub(super) fn is_models(&self) -> bool {
        self.role == "model"
    }
}

// === impl ContextQuery ===

impl ContextQuery {
    /// Which conversations it asks for.
    pub(super) fn filter(&self) -> ContextFilter {
        ContextFilter {
            access_key: self.access_key.clone(),
            text: self.text.clone(),
            model: self.model.clone(),
            pinned: self.pinned,
            before: self.before,
        }
    }
}

// === impl ContextFilter ===

impl ContextFilter {
    /// The filter for the store: nobody but an administrator gets what is somebody else's.
    pub(super) fn of(self, actor: &Actor) -> ConversationFilter {
        let owner = if actor.is_administrator() { self.access_key } else { Some(actor.caller.id.to_string()) };
        let text = self.text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        ConversationFilter { owner, text, model: self.model, pinned: self.pinned, before: self.before }
    }
}

// === impl ContextSort ===

impl ContextSort {
    pub(super) fn order(self) -> ConversationOrder {
        match self {
            Self::Newest => ConversationOrder::Newest,
            Self::Oldest => ConversationOrder::Oldest,
            Self::Title => ConversationOrder::Title,
            Self::Tokens => ConversationOrder::Tokens,
        }
    }
}
