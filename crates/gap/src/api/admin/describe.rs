//! What every route answers when it does not do what it was asked, in the description.
//!
//! A handler describes its success. The ways to fail follow from what it takes, so they are added here for all of them: a
//! route that is written tomorrow cannot forget one, and none is repeated fifty times.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{Components, ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// Whom it may happen to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    /// Everybody.
    All,
    /// Who names one thing in the path.
    OneThing,
    /// Who asks in the query.
    Asking,
    /// Who sends a body.
    Sending,
    /// Who changes something.
    Changing,
}

/// A way to fail: its status, its name in the description, in words, and to whom it happens.
const PROBLEMS: &[(&str, &str, &str, &[To])] = &[
    ("400", "BadRequest", "The request is no HTTP or no JSON that can be read.", &[To::Sending]),
    ("401", "Unauthorized", "Nobody knows this credential, or there is none.", &[To::All]),
    ("403", "Forbidden", "The caller is known and may not do this.", &[To::All]),
    ("404", "NotFound", "There is no such thing, or it is somebody else's.", &[To::OneThing]),
    ("409", "Conflict", "It cannot be done as things are, such as entering what is there already.", &[To::Changing]),
    ("413", "TooLarge", "The body is longer than `server.admin_body_limit`.", &[To::Sending]),
    ("415", "UnsupportedType", "The body is not of a type that is taken here.", &[To::Sending]),
    ("422", "Invalid", "Fields are wrong; `errors` names each.", &[To::Asking, To::Sending]),
    (
        "429",
        "TooMany",
        "Too much at once, or too many wrong guesses; `Retry-After` says when to come back.",
        &[To::All],
    ),
    ("500", "Failed", "GAP has failed, and says why in its log.", &[To::All]),
    ("503", "Unavailable", "The database, or GAP as a whole, cannot answer at this moment.", &[To::All]),
    ("507", "Full", "There is no room to keep it.", &[To::Changing]),
];

/// Adds to each route how it fails.
pub(super) fn add_problems(description: &mut OpenApi) {
    describe(description.components.get_or_insert_default());
    for item in description.paths.paths.values_mut() {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for (operation, changes) in [(get, false), (put, true), (post, true), (delete, true), (patch, true)] {
            if let Some(operation) = operation {
                complete(operation, changes);
            }
        }
    }
}

/// Each problem once, for all to refer to.
fn describe(components: &mut Components) {
    for (_, name, words, _) in PROBLEMS {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let mut response = ResponseBuilder::new().description(*words).content("application/problem+json", content);
        if matches!(*name, "TooMany" | "Unavailable") {
            let seconds = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(0));
            let header = HeaderBuilder::new().schema(Some(seconds.build()));
            response = response.header("Retry-After", header.description(Some("Seconds")).build());
        }
        components.responses.insert((*name).to_owned(), RefOr::<Response>::T(response.build()));
    }
}

fn complete(operation: &mut Operation, changes: bool) {
    let takes = |place: ParameterIn| {
        let parameters = operation.parameters.iter().flatten();
        parameters.filter_map(inline).any(|parameter| parameter.parameter_in == place)
    };
    let happens = |to: &To| match to {
        To::All => true,
        To::OneThing => takes(ParameterIn::Path),
        To::Asking => takes(ParameterIn::Query),
        To::Sending => operation.request_body.is_some(),
        To::Changing => changes,
    };
    let missing: Vec<_> = PROBLEMS
        .iter()
        .filter(|(status, _, _, to)| to.iter().any(happens) && !operation.responses.responses.contains_key(*status))
        .collect();
    for (status, name, _, _) in missing {
        let problem = RefOr::Ref(Ref::from_response_name(*name));
        operation.responses.responses.insert((*status).to_owned(), problem);
    }
}

fn inline(parameter: &RefOr<Parameter>) -> Option<&Parameter> {
    match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    }
}
