//! What is known of a request's conversation, and what is put before the request.

use gap_protocol::chain::{Chain, Key, Link};
use gap_protocol::conversation::{self, Additions, Kept, Recognised, Room, Said, recognise};
use gap_protocol::json::{self, Node};
use gap_store::StoreError;
use gap_store::conversations::{Addition, Conversation, Digest, NewTurn, Turn, TurnShape};
use tracing::error;
use uuid::Uuid;

use super::recording::{Prompt, Recording};
use super::{Asked, Conversations, Followed, default_ttl};
use crate::error::Failure;
use crate::relay::estimated_tokens_of;

/// How many conversations that begin alike are looked through for one without a name.
const CANDIDATES: u32 = 16;
/// Characters of a title that is made of what was asked.
const TITLE: usize = 80;

/// A conversation as it is kept, with its turns.
struct Known {
    conversation: Conversation,
    turns: Vec<Turn>,
}

/// What the settings say of conversations.
#[derive(Clone, Copy)]
struct Terms {
    completion: bool,
    cap: u64,
    margin: u64,
    most_bytes: usize,
}

pub(super) async fn follow(conversations: &Conversations, asked: Asked<'_>) -> Result<Option<Followed>, Failure> {
    let key = conversations.key_of(&asked.caller.id);
    let chain = Chain::of_request(asked.body, &key);
    let Some(first) = chain.turns().first() else { return Ok(None) };
    let said: Vec<Said> = chain.turns().iter().map(said_in).collect();

    let known = find(conversations, &asked, Digest(first.turn), &said).await.map_err(|error| unreadable(&error))?;
    let found = known.as_ref().map_or_else(|| recognise(&[], 0, &said), |known| known.recognise(&said));
    let terms = conversations.0.live.read(|settings| Terms {
        completion: asked.caller.policy.context_completion.unwrap_or(settings.context.completion),
        cap: settings.context.max_tokens,
        margin: settings.context.safety_margin,
        most_bytes: settings.context.max_bytes,
    });
    let completed = complete(conversations, &asked, terms, known.as_ref(), &found).await?;

    let recording =
        record(conversations, &asked, terms, &key, Placed { known: known.as_ref(), found, chain: &chain }, &completed);
    Ok(Some(Followed { body: completed.body.map(Into::into), recording }))
}

/// The conversation that a request names, or, where it names none, the one that agrees with it for longest.
async fn find(
    conversations: &Conversations,
    asked: &Asked<'_>,
    opening: Digest,
    said: &[Said],
) -> Result<Option<Known>, StoreError> {
    let (ttl, now) = (conversations.default_ttl(), conversations.0.clock.now());
    let table = conversations.store().conversations();
    if let Some(name) = asked.name {
        let Some(conversation) = table.find_by_name(&asked.caller.id, name, ttl, now).await? else { return Ok(None) };
        let turns = table.turns(conversation.id).await?;
        return Ok(Some(Known { conversation, turns }));
    }
    // Who names none brings all of it, or begins.
    if !said.iter().any(|turn| turn.is_models) {
        return Ok(None);
    }
    let mut best: Option<(usize, Known)> = None;
    for conversation in table.find_by_opening(&asked.caller.id, opening, CANDIDATES, ttl, now).await? {
        let turns = table.turns(conversation.id).await?;
        let known = Known { conversation, turns };
        let agrees = known.recognise(said).known.len();
        // Two that only begin alike are two.
        if agrees > 1 && best.as_ref().is_none_or(|(most, _)| agrees > *most) {
            best = Some((agrees, known));
        }
    }
    Ok(best.map(|(_, known)| known))
}

/// What is put into a request.
#[derive(Default)]
struct Completed {
    body: Option<Vec<u8>>,
    /// Turns that were put before it.
    added: usize,
    /// What Google has counted of the turns that are sent and known.
    known_tokens: u64,
}

/// Puts before a request what it leaves out, as far as there is room, and back into its turns what it has dropped.
async fn complete(
    conversations: &Conversations,
    asked: &Asked<'_>,
    terms: Terms,
    known: Option<&Known>,
    found: &Recognised,
) -> Result<Completed, Failure> {
    let Some(known) = known else { return Ok(Completed::default()) };
    let history = if terms.completion { known.there(&found.history) } else { Vec::new() };
    let mut completed = Completed { known_tokens: known.tokens_of(&found.known), ..Completed::default() };
    let mut numbers = Vec::new();
    let adds = !history.is_empty();
    if adds {
        let shapes: Vec<conversation::Turn> = history.iter().map(|turn| shape_of(&turn.shape)).collect();
        let incoming = conversation::turns(asked.body, |content| estimated_tokens_of(content.as_bytes()));
        let table = conversations.0.models.table();
        let family = table.find(asked.model);
        let room = Room {
            window: (!family.is_unknown()).then_some(family.input_tokens),
            margin: terms.margin,
            cap: terms.cap,
            own: estimated_tokens_of(asked.body),
        };
        let fitting = conversation::fit(&shapes, &incoming, &room)
            .map_err(|error| Failure::context_too_long(error.needed, error.limit))?;
        numbers = fitting.into_iter().filter_map(|at| history.get(at)).map(|turn| turn.number).collect();
        completed.known_tokens += known.tokens_of(&numbers.iter().map(|number| place(*number)).collect::<Vec<_>>());
    }
    // Signatures that a client has dropped from turns of the model that it sends again.
    let sent = conversation::turns(asked.body, |_| 0);
    let dropped = |number: &usize, sent: &conversation::Turn| {
        let turn = known.turns.get(number.checked_sub(1)?).filter(|turn| turn.is_there && turn.shape.signed)?;
        (turn.shape.is_models && !sent.is_signed).then_some(turn.number)
    };
    let instead: Vec<Option<i64>> = found.known.iter().zip(&sent).map(|(number, sent)| dropped(number, sent)).collect();

    let wanted: Vec<i64> = numbers.iter().copied().chain(instead.iter().copied().flatten()).collect();
    if wanted.is_empty() && !adds {
        return Ok(completed);
    }
    let table = conversations.store().conversations();
    let contents = table.contents(known.conversation.id, &wanted).await.map_err(|error| unreadable(&error))?;
    let content = |number: i64| {
        let at = contents.binary_search_by_key(&number, |(one, _)| *one).ok()?;
        contents.get(at).map(|(_, content)| content.as_str())
    };
    let before: Option<Vec<&str>> = numbers.iter().map(|number| content(*number)).collect();
    // Deleted while it was read: then there is no history any more.
    let Some(before) = before else { return Ok(Completed::default()) };
    let additions = Additions {
        system: known.conversation.system.as_deref().filter(|_| adds && !says_what_stands_before(asked.body)),
        instead: instead.iter().map(|number| content((*number)?)).collect(),
        before,
    };
    completed.added = additions.before.len();
    if !additions.is_empty() {
        completed.body = conversation::splice(asked.body, &additions);
    }
    Ok(completed)
}

/// A request in its place.
struct Placed<'a> {
    known: Option<&'a Known>,
    found: Recognised,
    chain: &'a Chain,
}

/// Prepares what will be kept of a request and its answer.
fn record(
    conversations: &Conversations,
    asked: &Asked<'_>,
    terms: Terms,
    key: &Key,
    placed: Placed<'_>,
    completed: &Completed,
) -> Recording {
    let Placed { known, found, chain } = placed;
    let text = |link: &Link| asked.body.get(link.bytes.clone()).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let new = chain.turns().iter().skip(found.known.len());
    let turns: Vec<NewTurn> = new.filter_map(|link| new_turn(link, text(link)?)).collect();
    let title = turns.iter().filter(|turn| !turn.shape.is_models).find_map(|turn| title_of(&turn.content));
    let system =
        json::parse(asked.body).ok().and_then(|document| system_of(&document).map(|node| node.raw().to_owned()));
    let name = match (asked.name, known) {
        (Some(name), _) => name.to_owned(),
        (None, Some(known)) => known.conversation.name.clone(),
        (None, None) => Uuid::now_v7().to_string(),
    };
    let addition = Addition {
        to: known.map(|known| known.conversation.id),
        owner: asked.caller.id.to_string(),
        name,
        title: title.unwrap_or_default(),
        model: asked.model.to_owned(),
        system,
        parent: i64::try_from(found.parent).unwrap_or(i64::MAX),
        follows_head: found.follows_head,
        turns,
        most_bytes: i64::try_from(terms.most_bytes).unwrap_or(i64::MAX),
        default_ttl: conversations.0.live.read(default_ttl),
    };
    let own = estimated_tokens_of(asked.body);
    let all: u64 = chain.turns().iter().filter_map(text).map(|text| estimated_tokens_of(text.as_bytes())).sum();
    let prompt = Prompt { known: completed.known_tokens, before: own.saturating_sub(all) };
    let keeps_reply = !asked.is_stream || conversations.0.live.read(|settings| settings.context.save_streamed);
    Recording::new(conversations.clone(), addition, *key, prompt, completed.added, keeps_reply)
}

fn new_turn(link: &Link, content: &str) -> Option<NewTurn> {
    let turn = conversation::Turn::read(content, estimated_tokens_of(content.as_bytes()))?;
    let shape = TurnShape {
        is_models: link.is_models,
        digest: Digest(link.turn),
        calls: turn.calls,
        results: turn.results,
        signed: turn.is_signed,
        tokens: i64::try_from(turn.tokens).unwrap_or(i64::MAX),
        partial: false,
    };
    Some(NewTurn { shape, content: content.to_owned() })
}

// === impl Known ===

impl Known {
    fn recognise(&self, said: &[Said]) -> Recognised {
        let kept = self.turns.iter().map(|turn| Kept {
            parent: place(turn.parent),
            digest: turn.shape.digest.0,
            is_models: turn.shape.is_models,
        });
        recognise(&kept.collect::<Vec<_>>(), place(self.conversation.head), said)
    }

    /// These turns, without those before the last whose words are gone.
    fn there(&self, numbers: &[usize]) -> Vec<&Turn> {
        let turns = numbers.iter().filter_map(|number| self.turns.get(number.checked_sub(1)?));
        let mut there: Vec<&Turn> = turns.rev().take_while(|turn| turn.is_there).collect();
        there.reverse();
        there
    }

    fn tokens_of(&self, numbers: &[usize]) -> u64 {
        let turns = numbers.iter().filter_map(|number| self.turns.get(number.checked_sub(1)?));
        turns.map(|turn| u64::try_from(turn.shape.tokens).unwrap_or(0)).sum()
    }
}

fn place(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn said_in(link: &Link) -> Said {
    Said { digest: link.turn, is_models: link.is_models }
}

fn shape_of(shape: &TurnShape) -> conversation::Turn {
    conversation::Turn {
        is_models: shape.is_models,
        calls: shape.calls.clone(),
        results: shape.results.clone(),
        is_signed: shape.signed,
        tokens: u64::try_from(shape.tokens).unwrap_or(0),
    }
}

fn system_of<'n, 'a>(document: &'n Node<'a>) -> Option<&'n Node<'a>> {
    document.find("systemInstruction").or_else(|| document.find("system_instruction"))
}

/// Whether a request has what may stand before the turns, so that nothing of the kind may be added (wire 99).
fn says_what_stands_before(body: &[u8]) -> bool {
    let Ok(document) = json::parse(body) else { return true };
    let cached = document.find("cachedContent").or_else(|| document.find("cached_content"));
    system_of(&document).is_some() || cached.is_some()
}

/// The beginning of what is asked, in one line.
fn title_of(content: &str) -> Option<String> {
    let document = json::parse(content.as_bytes()).ok()?;
    let parts = document.find("parts")?;
    let texts =
        parts.items().unwrap_or(std::slice::from_ref(parts)).iter().filter_map(|part| part.find("text")?.text());
    let words: Vec<String> =
        texts.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let line: String = words.join(" ").chars().filter(|letter| !letter.is_control()).take(TITLE).collect();
    (!line.is_empty()).then_some(line)
}

fn unreadable(error: &StoreError) -> Failure {
    error!("Conversations cannot be read: {error}");
    Failure::conversations_unreadable()
}
