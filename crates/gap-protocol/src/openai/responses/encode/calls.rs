//! Calls as items, each in the form in which its tool was declared.

use crate::call::{ToolKind, ToolPlan};
use crate::json::{self, Node, ObjectWriter, write_text};
use crate::openai::chat::calls::WholeCall;
use crate::reply::compact_into_text;

use super::answer::Answer;
use super::events::{Events, quoted};
use super::item::Place;

/// Tells of a call from its beginning to its end. Gives the item.
pub(super) fn say(answer: &mut Answer, call: &WholeCall, call_id: &str, events: &mut Events<'_>) -> Vec<u8> {
    let kind = answer.plan.tools.find_sent(&call.name).map_or(ToolKind::Function, |tool| tool.kind);
    let place = answer.place(match kind {
        ToolKind::Function => "fc",
        ToolKind::Custom => "ctc",
        ToolKind::LocalShell => "lsh",
        ToolKind::Shell => "sh",
        ToolKind::ApplyPatch => "apc",
    });
    let tool = answer.plan.tools.find_sent(&call.name);
    let saying = Saying { call, call_id, tool, place };
    match kind {
        ToolKind::Function => saying.function(events),
        ToolKind::Custom => saying.custom(events),
        ToolKind::LocalShell => saying.action(events, "local_shell_call", "action", |object, arguments| {
            object.text("type", "exec");
            copy(object, arguments, &[("command", "[]"), ("env", "{}")], &["timeout_ms", "working_directory"]);
        }),
        ToolKind::Shell => saying.action(events, "shell_call", "action", |object, arguments| {
            copy(object, arguments, &[("commands", "[]"), ("timeout_ms", "null"), ("max_output_length", "null")], &[]);
        }),
        ToolKind::ApplyPatch => saying.action(events, "apply_patch_call", "operation", |object, arguments| {
            let deletes = arguments.find("type").and_then(Node::text).is_some_and(|kind| kind == "delete_file");
            let diff: &[_] = if deletes { &[] } else { &[("diff", "\"\"")] };
            copy(object, arguments, &[("type", "\"update_file\""), ("path", "\"\"")], &[]);
            copy(object, arguments, diff, &[]);
        }),
    }
}

/// Members of a call's arguments: those that must be there, with what stands for them, and those that may.
fn copy(object: &mut ObjectWriter<'_>, arguments: &Node<'_>, needed: &[(&str, &str)], others: &[&str]) {
    for (name, default) in needed {
        match arguments.find(name) {
            Some(value) => object.node(name, value),
            None => object.raw(name, default),
        };
    }
    for name in others {
        if let Some(value) = arguments.find(name) {
            object.node(name, value);
        }
    }
}

/// One call.
struct Saying<'s> {
    call: &'s WholeCall,
    call_id: &'s str,
    tool: Option<&'s ToolPlan>,
    place: Place,
}

// === impl Saying ===

impl Saying<'_> {
    fn function(&self, events: &mut Events<'_>) -> Vec<u8> {
        let mut arguments = Vec::new();
        match self.tool {
            Some(tool) => compact_into_text(&mut arguments, &tool.restore_arguments(&self.call.arguments)),
            None => compact_into_text(&mut arguments, &self.call.arguments),
        }
        let name = self.tool.map_or(self.call.name.as_str(), ToolPlan::bare_name);
        let write = |status: &str, letters: &[u8]| {
            let mut out = Vec::new();
            let mut item = self.open(&mut out, "function_call", status);
            if let Some(namespace) = self.tool.and_then(|tool| tool.namespace.as_ref()) {
                item.text("namespace", namespace);
            }
            quoted(item.text("name", name), "arguments", letters);
            item.close();
            out
        };
        let Place { index, id } = &self.place;
        if events.heard() {
            events.item("response.output_item.added", *index, &write("in_progress", b""));
            events.of_item("response.function_call_arguments.delta", *index, id, |event| {
                quoted(event, "delta", &arguments);
            });
            events.of_item("response.function_call_arguments.done", *index, id, |event| {
                quoted(event.text("name", name), "arguments", &arguments);
            });
        }
        self.done(write("completed", &arguments), events)
    }

    fn custom(&self, events: &mut Events<'_>) -> Vec<u8> {
        let input = ToolPlan::custom_input(&self.call.arguments);
        let name = self.tool.map_or(self.call.name.as_str(), ToolPlan::bare_name);
        let write = |status: &str, input: &str| {
            let mut out = Vec::new();
            let mut item = self.open(&mut out, "custom_tool_call", status);
            item.text("name", name).text("input", input);
            item.close();
            out
        };
        let Place { index, id } = &self.place;
        if events.heard() {
            events.item("response.output_item.added", *index, &write("in_progress", ""));
            for (kind, key) in [("delta", "delta"), ("done", "input")] {
                events.of_item(&format!("response.custom_tool_call_input.{kind}"), *index, id, |event| {
                    write_text(event.key(key), &input);
                });
            }
        }
        self.done(write("completed", &input), events)
    }

    /// A call whose arguments are an object of their own.
    fn action(
        &self,
        events: &mut Events<'_>,
        kind: &str,
        key: &str,
        members: impl Fn(&mut ObjectWriter<'_>, &Node<'_>),
    ) -> Vec<u8> {
        let arguments = json::parse(self.call.arguments.as_bytes());
        let write = |status: &str| {
            let mut out = Vec::new();
            let mut item = self.open(&mut out, kind, status);
            let mut object = ObjectWriter::open(item.key(key));
            if let Ok(arguments) = &arguments {
                members(&mut object, arguments);
            }
            object.close();
            if kind == "shell_call" {
                item.raw("environment", "null");
            }
            item.close();
            out
        };
        if events.heard() {
            events.item("response.output_item.added", self.place.index, &write("in_progress"));
        }
        self.done(write("completed"), events)
    }

    /// The members that all calls have.
    fn open<'o>(&self, out: &'o mut Vec<u8>, kind: &str, status: &str) -> ObjectWriter<'o> {
        let mut item = ObjectWriter::open(out);
        item.text("id", &self.place.id).text("type", kind).text("status", status).text("call_id", self.call_id);
        item
    }

    fn done(&self, item: Vec<u8>, events: &mut Events<'_>) -> Vec<u8> {
        events.item("response.output_item.done", self.place.index, &item);
        item
    }
}
