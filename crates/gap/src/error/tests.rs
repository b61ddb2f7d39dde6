use gap_pool::verdict::{Fault, TransportFault, of_transport};

use super::*;

const KINDS: [Kind; 13] = [
    Kind::Unauthenticated,
    Kind::UnknownRoute,
    Kind::WrongMethod,
    Kind::NotBuilt,
    Kind::InvalidRequest,
    Kind::ContextTooLong,
    Kind::TooLarge,
    Kind::ClientTimeout,
    Kind::RateLimited,
    Kind::Unavailable,
    Kind::BadGateway,
    Kind::UpstreamTimeout,
    Kind::Internal,
];

async fn body(response: Response) -> serde_json::Value {
    let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn every_kind_has_a_message_and_a_status_in_every_dialect() {
    for kind in KINDS {
        let failure = || Failure::new(kind, "why");
        for dialect in [Dialect::Gemini, Dialect::OpenAi, Dialect::Anthropic, Dialect::Admin] {
            let response = failure().into_response(dialect);
            assert!(response.status().is_client_error() || response.status().is_server_error());
            let content_type = response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
            assert!(content_type.contains("json"));
            let body = body(response).await;
            let message = if dialect == Dialect::Admin { &body["detail"] } else { &body["error"]["message"] };
            assert_eq!(message, "why", "{kind:?} {dialect:?}");
        }
    }
}

#[tokio::test]
async fn overload_has_a_status_of_its_own_at_anthropic() {
    let response = Failure::out_of_memory_budget().into_response(Dialect::Anthropic);
    assert_eq!(response.status().as_u16(), 529, "wire 24");
    assert_eq!(body(response).await["error"]["type"], "overloaded_error");
}

#[test]
fn a_wait_is_rounded_up() {
    assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
    assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
}

#[test]
fn an_upstream_keys_fault_is_never_the_clients() {
    for cause in [
        Cause::KeyInvalid,
        Cause::KeyExpired,
        Cause::KeySuspended,
        Cause::KeyLeaked,
        Cause::KeyRestricted,
        Cause::Forbidden,
        Cause::ProjectSuspended,
        Cause::ProjectDenied,
        Cause::ServiceDisabled,
        Cause::SpendCapReached,
        Cause::PrepaymentDepleted,
        Cause::PaymentRequired,
        Cause::BillingRequired,
        Cause::RegionUnsupported,
        Cause::EgressBlocked,
        Cause::OauthRequired,
        Cause::NotOnTier,
    ] {
        let failure = from_fault(&Fault::new(cause, "Google's words with AIzaSecret"));
        assert!(failure.status().is_server_error(), "{cause}");
        assert!(!failure.google_json().contains("AIza"), "{cause}");
    }
}

#[test]
fn timeouts_overload_and_quota_keep_their_status() {
    let status = |fault: Fault| from_fault(&fault).status().as_u16();
    assert_eq!(status(of_transport(TransportFault::Timeout)), 504);
    assert_eq!(status(of_transport(TransportFault::Reset)), 502);
    assert_eq!(status(Fault::new(Cause::Overloaded, "")), 503);
    assert_eq!(status(Fault::new(Cause::FeatureQuota, "")), 429);
}

#[test]
fn one_keys_day_is_not_everyones() {
    let mut fault = Fault::new(Cause::RequestsPerDay, "");
    fault.retry_delay = Some(Duration::from_hours(20));
    assert_eq!(from_fault(&fault).retry_after, Some(Duration::from_secs(1)));
}
