use std::collections::BTreeSet;

use super::{
    Built, Finding, Package, Rule, check_arrows, check_built, check_manifests, check_pure, compatibility, parse_tree,
};

fn subjects(findings: &[Finding], rule: Rule) -> Vec<&str> {
    findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.subject.as_str()).collect()
}

/// `gap` with an arrow to `gap-pool`, which depends on this.
fn packages(pool_depends_on: &str) -> Vec<Package> {
    let text = format!(
        r#"[
        {{"name": "gap", "manifest_path": "gap/Cargo.toml", "dependencies": [
            {{"name": "gap-pool", "path": "gap-pool"}}, {{"name": "tokio", "path": null}}]}},
        {{"name": "gap-pool", "manifest_path": "gap-pool/Cargo.toml", "dependencies": [{pool_depends_on}]}}
        ]"#
    );
    serde_json::from_str(&text).unwrap()
}

fn built(tree: &str) -> BTreeSet<Built> {
    parse_tree(tree)
}

#[test]
fn arrows_of_the_table_are_allowed_and_no_others() {
    assert_eq!(check_arrows(&packages("")), []);
    assert_eq!(
        subjects(&check_arrows(&packages(r#"{"name": "gap", "path": "gap"}"#)), Rule::Arrow),
        ["gap-pool -> gap"]
    );
    // A foreign crate that happens to have one of our names is not ours.
    assert_eq!(check_arrows(&packages(r#"{"name": "gap", "path": null}"#)), []);
}

#[test]
fn a_package_without_a_row_in_the_table_is_found() {
    let packages: Vec<Package> =
        serde_json::from_str(r#"[{"name": "gap-new", "manifest_path": "x/Cargo.toml", "dependencies": []}]"#).unwrap();
    assert_eq!(subjects(&check_arrows(&packages), Rule::Arrow), ["gap-new"]);
}

#[test]
fn a_pure_crate_may_not_reach_the_world() {
    let linked = built("gap-pool v0.1.0 (some/folder)\tMIT\nserde v1.0.2\tMIT\nmio v1.2.0\tMIT\n");
    assert_eq!(subjects(&check_pure("gap-pool", &linked), Rule::Pure), ["gap-pool -> mio"]);
}

#[test]
fn trees_are_read_with_their_marks() {
    let built = built(
        "clap v4.6.9\tMIT OR Apache-2.0\nclap_derive v4.6.0 (proc-macro)\tMIT (*)\n\nclap v4.6.9\tMIT OR Apache-2.0 (*)\n",
    );
    let read: Vec<_> =
        built.iter().map(|built| (built.name.as_str(), built.version.as_str(), built.licence.as_str())).collect();
    assert_eq!(read, [("clap", "4.6.9", "MIT OR Apache-2.0"), ("clap_derive", "4.6.0", "MIT")]);
}

#[test]
fn bans_licences_and_duplicates_are_found() {
    let found = check_built(&built(
        "openssl v0.10.1\tApache-2.0\nodd v1.0.0\tGPL-3.0\nunnamed v1.0.0\t\na v0.4.1\tMIT\na v0.5.0\tMIT\nb v1.1.0\tMIT\nb v1.2.0\tMIT\n",
    ));
    assert_eq!(subjects(&found, Rule::Banned), ["openssl"]);
    assert_eq!(subjects(&found, Rule::Licence), ["odd", "unnamed"]);
    assert_eq!(subjects(&found, Rule::Duplicate), ["a"]);
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
