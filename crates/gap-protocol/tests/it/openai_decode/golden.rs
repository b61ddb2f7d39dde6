//! Whole requests, and what becomes of them.

use std::fs;

use gap_protocol::call::Unsupported;
use gap_protocol::openai::chat::DecodeOptions;

use super::{Asked, body};

#[test]
fn requests_become_what_the_snapshots_say() {
    insta::glob!("../../golden/openai/requests", "*.json", |path| {
        let request = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let asked = Asked {
            request,
            options: DecodeOptions::default(),
            refused: Unsupported::default(),
            signatures: vec![("call_in_vault", "dmF1bHQ=")],
        };
        let story = match asked.decode() {
            Err(error) => format!("refused: {error}\n"),
            Ok(decoded) if !decoded.pending().is_empty() => format!("to be fetched: {:#?}\n", decoded.pending()),
            Ok(decoded) => {
                let call = decoded.finish(&[]).unwrap();
                let warnings: Vec<String> = call.warnings.iter().map(|warning| format!("warning: {warning}")).collect();
                let warnings = warnings.join("\n");
                let (body, plan) = (serde_json::to_string_pretty(&body(&call)).unwrap(), &call.plan);
                format!("{} (stream: {})\n{body}\n{warnings}\n{plan:#?}\n", call.model, call.stream)
            }
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("request", story));
    });
}
