use super::is_allowed;

#[test]
fn expressions_that_crates_use_are_understood() {
    for allowed in [
        "MIT",
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "Apache-2.0 / MIT",
        "GPL-3.0 OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "MIT AND (GPL-2.0 OR ISC)",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_allowed(allowed), "{allowed}");
    }
}

#[test]
fn what_is_not_on_the_list_or_not_readable_is_refused() {
    for refused in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "GPL-3.0 OR AGPL-3.0",
        "MIT OR Apache-2.0 AND",
        "(MIT",
        "MIT)",
        "MIT Apache-2.0",
        "WITH LLVM-exception",
        "GPL-2.0 WITH LLVM-exception",
        "mit",
    ] {
        assert!(!is_allowed(refused), "{refused}");
    }
}
