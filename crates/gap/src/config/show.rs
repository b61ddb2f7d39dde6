//! Settings for people to read: those in force, and the reference of all that exist.

use std::fmt::Write as _;

use super::Loaded;
use super::catalog::{Catalog, Item};
use super::document::Raw;
use super::kinds::bare;
use super::settings::{Settings, StorageMode};

/// Every setting with its value (secrets masked) and where that stands, then what survives a restart.
pub fn print(loaded: &Loaded) -> String {
    let widest = |text: fn(&super::Entry) -> usize| loaded.entries.iter().map(text).max().unwrap_or_default();
    let (name_width, value_width) =
        (widest(|entry| entry.name.len()), widest(|entry| entry.shown.chars().count()).min(60));
    let mut out = String::new();
    let mut section = "";
    for entry in &loaded.entries {
        let this = entry.name.split('.').next().unwrap_or_default();
        if !section.is_empty() && section != this {
            out.push('\n');
        }
        section = this;
        // A default needs no emphasis: what somebody set is found at a glance.
        let mark = if entry.source.is_explicit() { '*' } else { ' ' };
        let (name, shown, source) = (entry.name, &entry.shown, &entry.source);
        let line = format!("{name:name_width$}  {shown:value_width$}  {mark} {source}\n");
        out.push_str(&line);
    }
    out.push('\n');
    out.push_str(&durability(&loaded.settings));
    if !loaded.warnings.is_empty() {
        out.push('\n');
    }
    for notice in &loaded.warnings {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "warning: {notice}");
    }
    out
}

/// What survives a restart, and where.
fn durability(settings: &Settings) -> String {
    let place = settings.store.database_url.shown();
    if !settings.wants_database() {
        return "Kept in memory until restart: everything. Nothing is written to disk apart from logs.\n".to_owned();
    }
    let mut durable = vec!["usage", "settings", "audit", "access keys", "resources"];
    let mut memory = Vec::new();
    for (mode, what) in
        [(settings.store.key_storage_mode, "upstream keys"), (settings.context.storage_mode, "conversations")]
    {
        match mode {
            StorageMode::Database => durable.push(what),
            StorageMode::Memory => memory.push(what),
        }
    }
    let memory = if memory.is_empty() { "nothing".to_owned() } else { memory.join(", ") };
    format!("Kept in {place}: {}.\nKept in memory until restart: {memory}.\n", durable.join(", "))
}

/// The reference of all settings, as Markdown.
pub fn reference() -> String {
    let loaded = super::defaults();
    let mut out = String::from(HEAD);
    let mut section = "";
    for item in &Catalog::new().items {
        if section != item.section {
            section = item.section;
            let _ =
                writeln!(out, "\n## `[{section}]`\n\n| Setting | Variables | Default | Meaning |\n|---|---|---|---|");
        }
        let takes = loaded.entry(&item.name).map(|entry| entry.takes.clone()).unwrap_or_default();
        let variables = item.short_names.iter().map(|name| (*name).to_owned()).chain([item.variable()]);
        let variables = variables.map(|name| format!("`{name}`")).collect::<Vec<_>>().join("<br>");
        let cells = [
            format!("`{}`", item.key),
            variables,
            default_cell(item),
            format!("{} *Takes {takes}.*{}", item.meaning, if item.changeable { " Changes at run time." } else { "" }),
        ];
        let _ = writeln!(out, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
    out
}

/// A `.env` with every setting that has a name of its own, all commented out.
pub fn example() -> String {
    let mut out = String::from(EXAMPLE_HEAD);
    let mut section = "";
    for item in Catalog::new().items.iter().filter(|item| !item.short_names.is_empty()) {
        if section != item.section {
            section = item.section;
            let _ = write!(out, "\n# === {section} ===\n");
        }
        out.push('\n');
        for line in wrapped(&item.meaning) {
            let _ = writeln!(out, "# {line}");
        }
        let value = match &item.default {
            Raw::One(text) => text.clone(),
            Raw::Many(items) => items.join(","),
        };
        for name in &item.short_names {
            let _ = writeln!(out, "#{name}={value}");
        }
    }
    out
}

/// `text` in lines that fit a terminal beside `# `.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let full = lines.last().is_some_and(|line| line.len() + word.len() >= 116 && !line.is_empty());
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

const EXAMPLE_HEAD: &str = "\
# The usual settings of GAP with their defaults. Copy this file to `.env` beside it (`./deploy.sh local` does, and makes up a
# SECRET_KEY and a PASSWORD), and take the `#` away from what you set. Every other setting is in docs/reference/config.md.
#
# Written by `gap config example`; a test compares them.
";

const HEAD: &str = "\
# Settings

<!-- Generated from crates/gap/config.default.toml by `gap config reference`. Do not edit. -->

A value is looked for on the command line, in the environment, in `.env`, in `gap.toml` (both in the working directory),
and last among the defaults below. An empty value counts as not set. If several variables of one list are set in one
place, they add up; of a single value the systematic name counts. Names of variables that begin with `GAP_` and hold `__`,
and all names in `gap.toml`, are checked: an unknown one is an error. `gap config check` finds all errors at once;
`gap config print` shows every value and where it comes from.

```toml
# gap.toml
[pool]
keys = [\"first key\", \"second key\"]
max_wait = \"10s\"
```

In `.env`, `'…'` is taken as it stands and `\"…\"` knows `\\n`, `\\t`, `\\\"` and `\\\\`; both may span lines. `$` means itself.

Durations: `500ms`, `10s`, `1m30s`, `2h`, `7d`, or a number of seconds. Sizes: `256KiB`, `32MiB`, `2GB`, or a number of
bytes. Switches: `true`, `1`, `yes`, `on`, `false`, `0`, `no`, `off`, in any case.
";

fn default_cell(item: &Item) -> String {
    match &item.default {
        raw if raw.is_empty() => "not set".to_owned(),
        Raw::One(text) => format!("`{text}`"),
        Raw::Many(items) => items.iter().map(|item| format!("`{}`", bare(item))).collect::<Vec<_>>().join(", "),
    }
}
