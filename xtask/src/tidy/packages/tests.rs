use super::{Finding, Metadata, Rule, check_manifests, compatibility};

/// A workspace of `gap` and two pure crates, with what is asked for added.
fn metadata(dependencies: &str, edges: &str, others: &str) -> Metadata {
    let text = format!(
        r#"{{
        "packages": [
            {{"id": "gap", "name": "gap", "version": "0.1.0", "license": "MIT", "manifest_path": "/gap/Cargo.toml", "dependencies": [
                {{"name": "gap-pool", "path": "/gap-pool"}}, {{"name": "tokio", "path": null}}]}},
            {{"id": "pool", "name": "gap-pool", "version": "0.1.0", "license": "MIT", "manifest_path": "/pool/Cargo.toml", "dependencies": [{dependencies}]}},
            {{"id": "tokio", "name": "tokio", "version": "1.54.1", "license": "MIT", "manifest_path": "/tokio/Cargo.toml", "dependencies": []}}
            {others}
        ],
        "workspace_members": ["gap", "pool"],
        "resolve": {{"nodes": [
            {{"id": "gap", "deps": [{{"pkg": "pool", "dep_kinds": [{{"kind": null}}]}}, {{"pkg": "tokio", "dep_kinds": [{{"kind": null}}]}}]}},
            {{"id": "pool", "deps": [{edges}]}},
            {{"id": "tokio", "deps": []}},
            {{"id": "other", "deps": [{{"pkg": "tokio", "dep_kinds": [{{"kind": null}}]}}]}}
        ]}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn subjects(findings: &[Finding], rule: Rule) -> Vec<&str> {
    findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.subject.as_str()).collect()
}

#[test]
fn the_service_may_know_the_pool_and_the_world() {
    assert_eq!(metadata("", "", "").check(), []);
}

#[test]
fn an_arrow_that_is_not_in_the_table_is_found() {
    let found = metadata(r#"{"name": "gap", "path": "/gap"}"#, "", "").check();
    assert_eq!(subjects(&found, Rule::Arrow), ["gap-pool -> gap"]);
}

#[test]
fn a_foreign_crate_with_one_of_our_names_is_not_ours() {
    let found = metadata(r#"{"name": "gap", "path": null}"#, "", "").check();
    assert_eq!(subjects(&found, Rule::Arrow), [""; 0]);
}

#[test]
fn a_pure_crate_may_not_reach_the_world_through_another() {
    let other = r#", {"id": "other", "name": "other", "version": "1.0.0", "license": "MIT", "manifest_path": "/o/Cargo.toml", "dependencies": []}"#;
    let found = metadata("", r#"{"pkg": "other", "dep_kinds": [{"kind": null}]}"#, other).check();
    assert_eq!(subjects(&found, Rule::Pure), ["gap-pool -> tokio"]);
}

#[test]
fn tests_of_a_pure_crate_may_use_the_world() {
    let other = r#", {"id": "other", "name": "other", "version": "1.0.0", "license": "MIT", "manifest_path": "/o/Cargo.toml", "dependencies": []}"#;
    let found = metadata("", r#"{"pkg": "other", "dep_kinds": [{"kind": "dev"}]}"#, other).check();
    assert_eq!(subjects(&found, Rule::Pure), [""; 0]);
}

#[test]
fn bans_licences_and_duplicates_look_at_what_is_built() {
    let other = r#", {"id": "other", "name": "openssl", "version": "0.10.1", "license": "GPL-3.0", "manifest_path": "/o/Cargo.toml", "dependencies": []},
        {"id": "unbuilt", "name": "native-tls", "version": "1.0.0", "license": null, "manifest_path": "/n/Cargo.toml", "dependencies": []}"#;
    let found = metadata("", "", other).check();
    assert_eq!(subjects(&found, Rule::Banned), ["openssl"]);
    assert_eq!(subjects(&found, Rule::Licence), ["openssl"]);
    let other = r#", {"id": "other", "name": "tokio", "version": "0.2.1", "license": "MIT", "manifest_path": "/o/Cargo.toml", "dependencies": []}"#;
    assert_eq!(subjects(&metadata("", "", other).check(), Rule::Duplicate), ["tokio"]);
    let other = other.replace("0.2.1", "1.2.1");
    assert_eq!(subjects(&metadata("", "", &other).check(), Rule::Duplicate), [""; 0]);
}

#[test]
fn compatible_versions_have_the_same_first_number_that_counts() {
    assert_eq!(compatibility("1.54.1"), "1");
    assert_eq!(compatibility("0.4.2"), "0.4");
    assert_eq!(compatibility("0.0.3"), "0.0.3");
    assert_eq!(compatibility("10.0.0-alpha.1"), "10");
    assert_eq!(compatibility("0.14.10+spec"), "0.14");
}

#[test]
fn manifests_take_versions_and_lints_from_the_workspace() {
    let root =
        "[workspace.dependencies]\n# Ours.\nserde = { version = \"1\" }\nunused = \"2\"\n[profile.dev]\ndebug = 1\n";
    let good = "[dependencies]\nserde.workspace = true\n\n[lints]\nworkspace = true\n".to_owned();
    let bad = "[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n[dev-dependencies]\nserde = { workspace = true, features = [\"rc\"] }\n".to_owned();
    let found = check_manifests(root, &[("good", good), ("bad", bad)]);
    assert_eq!(subjects(&found, Rule::OwnVersion), ["bad: libc"]);
    assert_eq!(subjects(&found, Rule::Lints), ["bad"]);
    assert_eq!(subjects(&found, Rule::Unused), ["unused"]);
}
