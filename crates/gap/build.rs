//! Has a release built again when the page that it embeds was. A debug build reads the page from the disk.

#[expect(clippy::disallowed_methods, reason = "a build script is told by its environment alone")]
fn main() {
    let embeds = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // Only what is there: cargo takes a missing path for one that has changed, at each build.
    let page = std::path::Path::new("../../web/dist");
    if embeds && page.is_dir() {
        println!("cargo::rerun-if-changed={}", page.display());
    } else {
        println!("cargo::rerun-if-changed=build.rs");
    }
}
