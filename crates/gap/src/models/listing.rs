//! The list of models.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use gap_pool::{Affinity, KeyState, ProjectId};
use gap_protocol::meter::Framing;
use gap_protocol::models::ModelTable;
use gap_protocol::openai::models::{self, Model, Page};
use http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tracing::debug;

use crate::app::App;
use crate::body::RequestBody;
use crate::receipt::Receipt;
use crate::relay::{Call, RelayError};

/// Projects that are asked; more would say the same.
const MAX_PROJECTS: usize = 32;
/// Projects that are asked at a time.
const AT_ONCE: usize = 4;
/// Google has a hundred models and gives a thousand a page.
const MAX_PAGES: usize = 10;
/// How long a project may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a list that does not come from Google is believed.
const STAND_IN: SignedDuration = SignedDuration::from_secs(15);

/// Keeps the list.
#[derive(Debug, Default)]
pub struct List {
    current: ArcSwapOption<Listing>,
    /// Held by whoever asks Google.
    renewing: tokio::sync::Mutex<()>,
}

/// A list of models.
#[derive(Debug)]
pub struct Listing {
    models: Vec<Model>,
    /// OpenAI's form of all of it.
    pub json: Bytes,
    /// Whether Google said so.
    from_google: bool,
    believed_until: Timestamp,
}

// === impl List ===

impl List {
    /// The list. The first to ask waits for Google, later ones for nobody.
    pub async fn get(app: &App, receipt: Receipt) -> Arc<Listing> {
        let current = app.list.current.load_full();
        if let Some(listing) = &current {
            if listing.believed_until > app.clock.now() {
                return Arc::clone(listing);
            }
            if listing.from_google {
                let app = app.clone();
                app.clone().lifecycle.spawn(async move {
                    // Somebody else may be at it.
                    let Ok(_renewing) = app.list.renewing.try_lock() else { return };
                    tokio::select! {
                        () = app.lifecycle.stopping() => {}
                        _ = app.list.renew(&app, receipt) => {}
                    }
                });
                return Arc::clone(listing);
            }
        }
        let _renewing = app.list.renewing.lock().await;
        match app.list.current.load_full() {
            Some(listing) if listing.believed_until > app.clock.now() => listing,
            _ => app.list.renew(app, receipt).await,
        }
    }

    /// The names of the models as far as they are known without asking anybody.
    pub fn names(&self, app: &App) -> Vec<String> {
        let current = self.current.load_full();
        let stand_in = current.is_none().then(|| stand_in(&app.models.table()));
        let models = current.as_ref().map(|listing| &listing.models).or(stand_in.as_ref());
        models.into_iter().flatten().map(|model| model.id.clone()).collect()
    }

    /// Until when the list is believed; none while nobody has asked for it.
    pub fn believed_until(&self) -> Option<Timestamp> {
        self.current.load().as_ref().map(|listing| listing.believed_until)
    }

    async fn renew(&self, app: &App, receipt: Receipt) -> Arc<Listing> {
        let found = ask_google(app, &receipt).await;
        let now = app.clock.now();
        let after = |time: SignedDuration| now.checked_add(time).unwrap_or(Timestamp::MAX);
        let ttl = SignedDuration::try_from(app.settings.models.list_ttl).unwrap_or(SignedDuration::MAX);
        let table = app.models.table();
        let listing = match (found, self.current.load_full()) {
            (Some(models), _) => Listing::new(models, &table, true, after(ttl)),
            (None, Some(old)) => Listing::new(old.models.clone(), &table, old.from_google, after(STAND_IN)),
            (None, None) => Listing::new(stand_in(&table), &table, false, after(STAND_IN)),
        };
        let listing = Arc::new(listing);
        self.current.store(Some(Arc::clone(&listing)));
        listing
    }
}

// === impl Listing ===

impl Listing {
    fn new(models: Vec<Model>, table: &ModelTable, from_google: bool, believed_until: Timestamp) -> Self {
        let models = with_aliases(models, table);
        Self { json: models::list(&models).into(), models, from_google, believed_until }
    }

    /// All of them, the operator's own names included.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// OpenAI's form of those that pass.
    pub fn only(&self, passes: impl Fn(&str) -> bool) -> Bytes {
        let models: Vec<Model> = self.models.iter().filter(|model| passes(&model.id)).cloned().collect();
        models::list(&models).into()
    }

    /// The model of this name, without `models/`.
    pub fn find(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }
}

/// The models, and behind them the operator's own names for them; patterns name no model.
fn with_aliases(mut models: Vec<Model>, table: &ModelTable) -> Vec<Model> {
    for alias in table.aliases().iter().filter(|alias| !alias.name.contains('*')) {
        if models.iter().any(|model| model.id == alias.name) {
            continue;
        }
        let entry =
            models.iter().find(|model| model.id == table.resolve(&alias.name)).map(|model| model.called(&alias.name));
        let unknown = || Model::read(serde_json::json!({ "name": alias.name }).to_string().as_bytes());
        models.extend(entry.or_else(unknown));
    }
    models
}

/// The union over the projects, or nothing if none answers.
async fn ask_google(app: &App, receipt: &Receipt) -> Option<Vec<Model>> {
    let mut projects = Vec::new();
    for key in app.keyring.keys() {
        let usable = !matches!(key.state, KeyState::Disabled { .. });
        if usable && projects.len() < MAX_PROJECTS && !projects.contains(&key.project) {
            projects.push(key.project);
        }
    }
    let asking = projects.into_iter().map(|project| ask_project(app, project, receipt.part()));
    let answers: Vec<_> = stream::iter(asking).buffered(AT_ONCE).collect().await;
    let mut seen = HashSet::new();
    let mut answered = None;
    for answer in answers {
        match answer {
            Ok(models) => {
                let all = answered.get_or_insert_with(Vec::new);
                all.extend(models.into_iter().filter(|model| seen.insert(model.id.clone())));
            }
            Err(error) => debug!(%error, "A project did not list its models: {error}"),
        }
    }
    answered
}

async fn ask_project(app: &App, project: ProjectId, mut receipt: Receipt) -> Result<Vec<Model>, RelayError> {
    let mut models = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut query = "pageSize=1000".to_owned();
        if let Some(token) = &token {
            query.push_str("&pageToken=");
            query.extend(utf8_percent_encode(token, NON_ALPHANUMERIC));
        }
        let call = Call {
            verb: Method::GET,
            path: "/v1beta/models".to_owned(),
            query: Some(query),
            headers: HeaderMap::new(),
            body: RequestBody::empty(),
            model: None,
            affinity: Affinity::Must(project),
            framing: Framing::Json,
            repeatable: true,
            finishes: false,
            client_deadline: Some(PATIENCE),
            may_fall_back: false,
        };
        let answer = app.relay.ask(&call, &mut receipt).await?;
        let Some(page) = Page::read(&answer.body) else { break };
        models.extend(page.models);
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    Ok(models)
}

/// Names that the table knows: those that are no patterns, and what patterns of one model begin with.
fn stand_in(table: &ModelTable) -> Vec<Model> {
    let mut names: Vec<&str> = Vec::new();
    for (_, family) in table.families() {
        let whole = family.names.iter().filter(|name| !name.contains('*')).map(String::as_str);
        let stems = family
            .names
            .iter()
            .filter_map(|name| name.strip_suffix('*'))
            .filter(|stem| !stem.contains('*') && stem.matches('-').count() >= 2 && !stem.ends_with(['-', '.']));
        names.extend(whole.chain(stems));
    }
    names.sort_unstable();
    names.dedup();
    let entry =
        |name: &&str| Model::read(serde_json::json!({ "name": format!("models/{name}") }).to_string().as_bytes());
    names.iter().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_with_names_that_can_be_asked_for() {
        let models = stand_in(&ModelTable::built_in().unwrap());
        let names: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
        assert!(names.contains(&"gemini-2.5-flash") && names.contains(&"gemini-2.5-pro"), "{names:?}");
        assert!(names.iter().all(|name| !name.contains('*') && !name.ends_with('-')), "{names:?}");
    }
}
