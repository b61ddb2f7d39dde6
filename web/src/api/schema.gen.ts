// Written by `npm run api:generate` from docs/reference/openapi.json.

export interface paths {
    "/api/v1/access-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the access keys. Who is no administrator sees their own alone. */
        get: operations["list_access_keys"];
        put?: never;
        /** Makes an access key. The answer holds the key itself, which is not shown again. */
        post: operations["create_access_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows one access key. */
        get: operations["find_access_key"];
        put?: never;
        post?: never;
        /** Removes an access key. What was done with it stays in the log. */
        delete: operations["delete_access_key"];
        options?: never;
        head?: never;
        /** Changes an access key. */
        patch: operations["update_access_key"];
        trace?: never;
    };
    "/api/v1/access-keys/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shuts an access key out, with the sessions that it began. */
        post: operations["disable_access_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access-keys/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets an access key in again. */
        post: operations["enable_access_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access-keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives an access key another secret. The one before goes on opening the door for a while, the one before that does not. */
        post: operations["rotate_access_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access-keys/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the access key with which the caller came. */
        get: operations["show_own_access_key"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what administrators did, newest first. */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Logs in with a password or an access key, and begins a session.
         * @description After a few failures from one address each further one makes the next attempt wait longer.
         */
        post: operations["log_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends the session, with all its tokens. */
        post: operations["log_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows who asks, and what they may. */
        get: operations["show_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives the session its next token. The one that was presented is taken for half a minute longer. */
        post: operations["refresh_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/caches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists explicit caches. An ordinary user sees their own. */
        get: operations["list_caches"];
        put?: never;
        /** Makes a cache at Google, in whichever project can have it. */
        post: operations["create_cache"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/caches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows one cache. */
        get: operations["find_cache"];
        put?: never;
        post?: never;
        /** Deletes a cache, at Google as well. */
        delete: operations["delete_cache"];
        options?: never;
        head?: never;
        /** Changes how long a cache is kept. */
        patch: operations["update_cache"];
        trace?: never;
    };
    "/api/v1/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows every setting with its value and where it stands. */
        get: operations["show_config"];
        /** Changes settings while GAP runs: `{"max_requests_per_minute": 100}`. All or none; null gives one back to the configuration. */
        put: operations["change_config"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contexts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists conversations. Who is no administrator sees their own alone. */
        get: operations["list_contexts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contexts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows one conversation with its system instruction, without what was said. */
        get: operations["find_context"];
        put?: never;
        post?: never;
        /** Deletes a conversation with all that was said in it. */
        delete: operations["delete_context"];
        options?: never;
        head?: never;
        /** Renames a conversation, pins it, or changes how long it is kept. */
        patch: operations["update_context"];
        trace?: never;
    };
    "/api/v1/contexts/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A conversation as a file: JSON with every branch, or Markdown with the turns that lead to its end. */
        get: operations["export_context"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contexts/{id}/turns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows what was said in a conversation: the turns that lead to its end, or with `branches` all of them. */
        get: operations["list_context_turns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contexts/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes or deletes many conversations: those named, or all that pass a filter. */
        post: operations["change_contexts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follows what happens: `request` when one has ended, `key` when an upstream key is refused or changes, `job`, and `missed`
         *     when events are missing. An ordinary user hears of their own requests. `Last-Event-ID` goes on where a reader left off.
         */
        get: operations["follow_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists files that were uploaded through this gateway. An ordinary user sees their own. */
        get: operations["list_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes a file, at Google as well. */
        delete: operations["delete_file"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists upstream keys. */
        get: operations["list_keys"];
        put?: never;
        /** Enters an upstream key. It is used from now on; nothing is asked of Google first. */
        post: operations["create_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows an upstream key. */
        get: operations["find_key"];
        put?: never;
        post?: never;
        /** Removes an upstream key. Requests under way with it come to their end. */
        delete: operations["delete_key"];
        options?: never;
        head?: never;
        /** Changes what is said of an upstream key. */
        patch: operations["update_key"];
        trace?: never;
    };
    "/api/v1/keys/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switches an upstream key off until it is enabled. */
        post: operations["disable_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Puts an upstream key back into use, whatever was wrong with it. Rests for lack of quota stay. */
        post: operations["enable_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Forgets whatever is held against an upstream key, rests and learned limits included. What is switched off stays off. */
        post: operations["reset_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Does something to many upstream keys: to those named, or to all that pass a filter. */
        post: operations["change_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the looks that are remembered. */
        get: operations["list_checks"];
        put?: never;
        /** Begins to look at upstream keys: whether Google accepts them now. Costs no quota. Two such jobs run at a time at most. */
        post: operations["check_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/check/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows how far a look at keys is, and what it has found. */
        get: operations["find_check"];
        put?: never;
        post?: never;
        /** Ends a look at keys before its time. */
        delete: operations["cancel_check"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enters upstream keys from a text: `key` or `project:key` by lines or any separators, or JSON: a list of keys or of
         *     objects, or an export of gemini-balance or new-api. 100,000 keys at most.
         */
        post: operations["import_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the tags of upstream keys, by name. */
        get: operations["list_key_tags"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the limits of projects. Those of a key without a project are shown with the key. */
        get: operations["list_limits"];
        /** Sets limits of a project by hand, in place of those that were set for the model before. */
        put: operations["set_limits"];
        post?: never;
        /** Takes limits by hand back: from now on counts what Google has said, or the table of models. */
        delete: operations["clear_limits"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follows the log: the newest lines, and those to come. `missed` says how many a slow reader has lost. */
        get: operations["follow_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists models with what is left of them today. */
        get: operations["list_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists projects, by their labels. */
        get: operations["list_projects"];
        put?: never;
        /** Enters a project. Its keys are filed under it one by one, or many at a time. */
        post: operations["create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a project. */
        get: operations["find_project"];
        put?: never;
        post?: never;
        /** Removes a project. Its keys stay, each as a project of its own until Google says otherwise. */
        delete: operations["delete_project"];
        options?: never;
        head?: never;
        /** Changes what is said of a project. */
        patch: operations["update_project"];
        trace?: never;
    };
    "/api/v1/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows what was used today, in 7 and in 30 days, by whom, and what is left of today. An ordinary user sees their own. */
        get: operations["show_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists requests, newest first. An ordinary user sees their own. */
        get: operations["list_requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows one request, to administrators with the explanation of how its keys were chosen. */
        get: operations["find_request"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Exports requests, newest first, as CSV or JSON. */
        get: operations["export_requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows what was used: in all, step by step, and by one thing. */
        get: operations["show_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Exports sums by step and model, as CSV or JSON. */
        get: operations["export_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows what this gateway is, where it keeps things and whether it can answer. Needs no login, unless the settings
         *     protect the status page.
         */
        get: operations["show_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description How much of an access key has been used. Days and months are Pacific. */
        AccessKeyUse: {
            /**
             * Format: double
             * @description What it cost today, in US dollars.
             */
            cost_day_usd: number;
            /**
             * Format: double
             * @description The same in this month.
             */
            cost_month_usd: number;
            /**
             * Format: double
             * @description The same in all.
             */
            cost_total_usd: number;
            /**
             * Format: int64
             * @description Requests today.
             */
            requests_day: number;
            /**
             * Format: int64
             * @description Requests in the last minute.
             */
            requests_minute: number;
            /**
             * Format: int64
             * @description Tokens of prompts and answers today.
             */
            tokens_day: number;
            /**
             * Format: int64
             * @description The same in this month.
             */
            tokens_month: number;
            /**
             * Format: int64
             * @description The same in all.
             */
            tokens_total: number;
        };
        /** @description An access key. */
        AccessKeyView: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description Since when it opens nothing.
             */
            disabled_at?: string | null;
            /**
             * Format: date-time
             * @description From when on it opens nothing.
             */
            expires_at?: string | null;
            /**
             * @description Its first characters.
             * @example gap-1a2b
             */
            hint: string;
            /** @description Names it for good. */
            id: string;
            /** @description What it may be used for, and how much. */
            limits: components["schemas"]["Policy"];
            /** @description What people call it. */
            name: string;
            /**
             * Format: date-time
             * @description Until when the key before the last rotation still opens the door.
             */
            previous_until?: string | null;
            /** @description `administrator` or `user`. */
            role: string;
            /** @description `active`, `disabled` or `expired`. */
            state: string;
            /**
             * Format: date-time
             * @description When it was changed.
             */
            updated_at: string;
            /** @description How much of it has been used. */
            used: components["schemas"]["AccessKeyUse"];
        };
        /** @description Who asks most, by requests and by tokens. */
        Addresses: {
            /** @description Today. */
            day: components["schemas"]["TopAddresses"];
            /** @description In thirty days. */
            month: components["schemas"]["TopAddresses"];
            /** @description In seven days. */
            week: components["schemas"]["TopAddresses"];
        };
        /** @description How much was used. */
        Amount: {
            /**
             * Format: int64
             * @description Requests that ended with an answer.
             */
            answered: number;
            /**
             * Format: int64
             * @description Upstream keys tried.
             */
            attempts: number;
            /**
             * Format: double
             * @description How long a request took, on average.
             */
            average_duration_ms: number;
            /**
             * Format: double
             * @description How long the first token of a stream took, on average; missing where none was timed.
             */
            average_first_token_ms?: number | null;
            /**
             * Format: double
             * @description How long a request waited for an upstream key, on average.
             */
            average_wait_ms: number;
            /**
             * Format: double
             * @description Their share of the answered requests, from 0 to 1.
             */
            cache_hit_rate: number;
            /**
             * Format: int64
             * @description Requests of which a cache served a part.
             */
            cache_hits: number;
            /**
             * Format: int64
             * @description Tokens of prompts that came from a cache.
             */
            cached_tokens: number;
            /**
             * Format: int64
             * @description Requests that the client gave up.
             */
            cancelled: number;
            /**
             * Format: int64
             * @description What it cost by list prices, in billionths of a dollar.
             */
            cost_nanos: number;
            /**
             * Format: double
             * @description The share of failed requests, from 0 to 1.
             */
            error_rate: number;
            /**
             * Format: int64
             * @description Requests that ended with an error.
             */
            failed: number;
            /**
             * Format: int64
             * @description Tokens of answers, without thinking.
             */
            output_tokens: number;
            /**
             * Format: int64
             * @description Tokens of prompts, with the cached ones.
             */
            prompt_tokens: number;
            /**
             * Format: int64
             * @description Requests, whatever became of them.
             */
            requests: number;
            /**
             * Format: int64
             * @description What caches saved by list prices, in billionths of a dollar.
             */
            saved_nanos: number;
            /**
             * Format: int64
             * @description Tokens of thinking.
             */
            thought_tokens: number;
            /**
             * Format: int64
             * @description Tokens of results of Google's own tools.
             */
            tool_tokens: number;
            /**
             * Format: int64
             * @description All tokens.
             */
            total_tokens: number;
        };
        /** @description Actions, newest first. */
        AuditPage: {
            /** @description The actions. */
            items: components["schemas"]["Entry"][];
            /** @description The `cursor` of the next page; none when this is the last. */
            next?: string | null;
        };
        /** @description What a project may do with a model. */
        BucketOut: {
            /** @description Why it is out of use, in a word. */
            cause?: string | null;
            /**
             * Format: float
             * @description How well it answered lately, from 0 to 1.
             */
            health: number;
            /**
             * Format: int64
             * @description How long its first words took on the average.
             */
            latency_ms?: number | null;
            /** @description The model; empty for calls outside any model. */
            model: string;
            /** @description Its quotas. */
            quotas: components["schemas"]["QuotaOut"][];
            /**
             * Format: date-time
             * @description When it is back, if it is out of use and comes back by itself.
             */
            until?: string | null;
            /** @description Why it is out of use, in words. */
            why?: string | null;
        };
        /** @description How much in a Pacific day, in a Pacific month, and in all. */
        Budget_f64: {
            /** Format: double */
            day?: number;
            /** Format: double */
            month?: number;
            /** Format: double */
            total?: number;
        };
        /** @description How much in a Pacific day, in a Pacific month, and in all. */
        Budget_u64: {
            /** Format: int64 */
            day?: number;
            /** Format: int64 */
            month?: number;
            /** Format: int64 */
            total?: number;
        };
        /**
         * @description What can be done to many keys.
         * @enum {string}
         */
        BulkAction: "enable" | "disable" | "reset" | "delete" | "file" | "tag" | "untag";
        /** @description What is done to many keys. */
        BulkChange: {
            /** @description What is done. */
            action: components["schemas"]["BulkAction"];
            filter?: components["schemas"]["KeyQuery"] | null;
            /** @description To these keys. */
            ids?: string[] | null;
            /**
             * Format: uuid
             * @description With `file`: the project; null is none.
             */
            project?: string | null;
            /** @description With `disable`: why. */
            reason?: string | null;
            /** @description With `tag` and `untag`: the tags that are given or taken. */
            tags?: string[];
        };
        /**
         * @description What can be done with many conversations.
         * @enum {string}
         */
        BulkContextAction: "delete" | "pin" | "unpin";
        /** @description What is to be done with many conversations. */
        BulkContexts: {
            /** @description What. */
            action: components["schemas"]["BulkContextAction"];
            filter?: components["schemas"]["ContextFilter"] | null;
            /** @description With these. */
            ids?: string[] | null;
        };
        /** @description What was done to many keys. */
        BulkDone: {
            /** @description To how many. */
            changed: number;
            /** @description Where the change is kept: `memory` is until restart. */
            kept: components["schemas"]["Keeping"];
        };
        /**
         * @description Who made a cache.
         * @enum {string}
         */
        CacheKind: "user" | "automatic";
        /** @description What one kind of cache did. */
        CacheSource: {
            /**
             * Format: int64
             * @description Requests that it served a part of.
             */
            hits: number;
            /**
             * Format: int64
             * @description What that saved, in billionths of a dollar.
             */
            saved_nanos: number;
            /**
             * Format: double
             * @description Their share of all tokens of prompts, from 0 to 1.
             */
            share: number;
            /**
             * Format: int64
             * @description What making and keeping caches cost, in billionths of a dollar.
             */
            spent_nanos: number;
            /**
             * Format: int64
             * @description Tokens that came from it.
             */
            tokens: number;
        };
        /** @description What each kind of cache did. */
        CacheSources: {
            /** @description Google's implicit cache, in the projects to which conversations were led back. */
            affinity: components["schemas"]["CacheSource"];
            /** @description Explicit caches that GAP made. */
            automatic: components["schemas"]["CacheSource"];
            /** @description Explicit caches that clients made. */
            clients: components["schemas"]["CacheSource"];
            /**
             * Format: int64
             * @description What all of them saved, less what they cost, in billionths of a dollar.
             */
            net_nanos: number;
        };
        /** @description What caches did. */
        CacheUse: {
            /**
             * Format: double
             * @description The share of answered requests of which a cache served a part, from 0 to 1.
             */
            hit_rate: number;
            /**
             * Format: int64
             * @description What that saved, in billionths of a dollar.
             */
            saved_nanos: number;
            /** @description Which caches they were. */
            sources: components["schemas"]["CacheSources"];
            /**
             * Format: int64
             * @description Tokens that came from a cache.
             */
            tokens: number;
        };
        /** @description An explicit cache at Google. */
        CacheView: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description What people call it. */
            display_name: string;
            /**
             * Format: date-time
             * @description When Google forgets it.
             */
            expires_at: string;
            /**
             * Format: int64
             * @description Requests that were served from it.
             */
            hits: number;
            /**
             * Format: uuid
             * @description What it is called in the path of this API.
             */
            id: string;
            /** @description Who made it. */
            kind: components["schemas"]["CacheKind"];
            /** @description The model for which it is. */
            model: string;
            /**
             * @description Google's name: what clients use as `cachedContent`.
             * @example cachedContents/abc123
             */
            name: string;
            /** @description The access key whose it is: the only one that may use it. */
            owner: string;
            /** @description The project that holds it: its label, Google's number, or the identifier of its only upstream key. Administrators see it. */
            project?: string | null;
            /**
             * Format: int64
             * @description What reading it saved by list prices, in billionths of a dollar.
             */
            saved_nanos: number;
            /**
             * Format: int64
             * @description Tokens that were read from it.
             */
            saved_tokens: number;
            /**
             * Format: int64
             * @description What making it and keeping it until now has cost, in billionths of a dollar.
             */
            spent_nanos: number;
            /**
             * Format: int64
             * @description How many tokens it holds.
             */
            tokens: number;
            /**
             * Format: date-time
             * @description When it was used last.
             */
            used_at: string;
        };
        /** @description What is left of today's quota of a model. */
        Capacity: {
            /** @description `could_reduce`, `enough`, `add`, `add_surely` or `unknown`. */
            advice: string;
            /**
             * Format: int64
             * @description Requests that may be sent in a day, where it is known.
             */
            capacity?: number | null;
            /**
             * Format: date-time
             * @description When they run out at the present rate, if that is before midnight Pacific.
             */
            dry_at?: string | null;
            /**
             * Format: int64
             * @description What is left of them.
             */
            left?: number | null;
            /**
             * Format: double
             * @description How much of the capacity the whole day needs at the present rate; above 1 it is not enough.
             */
            load?: number | null;
            /** @description The model. */
            model: string;
            /** @description How many projects more are needed. */
            more_projects: number;
            /** @description Projects whose daily limit nobody knows. */
            projects_without_limit: number;
            /**
             * Format: int64
             * @description Requests sent today.
             */
            used: number;
        };
        /** @description Which keys are looked at. */
        CheckRequest: {
            filter?: components["schemas"]["KeyQuery"] | null;
            /** @description These. */
            ids?: string[] | null;
        };
        /** @description One dependency. */
        Component: {
            /** @description `memory` where nothing is kept beyond a restart, `off` where it is not used, else `ok` or `unreachable`. */
            status: string;
        };
        /** @description All settings. */
        Configuration: {
            /** @description How long changes last: `database`, or `memory` until the next start. */
            kept: string;
            /** @description Each setting, in the order of the reference. */
            settings: components["schemas"]["SettingView"][];
            /** @description What a person should know about the configuration. */
            warnings: string[];
        };
        /** @description What was done. */
        ContextBulkDone: {
            /**
             * Format: int64
             * @description How many conversations were changed.
             */
            changed: number;
        };
        /** @description A conversation with what its client told the model before all else. */
        ContextDetail: components["schemas"]["ContextView"] & {
            /** @description The system instruction that was sent last, as a `Content` of Gemini's; null when none was. */
            system?: Record<string, never> | null;
        };
        /** @description A conversation with all that was said. */
        ContextExport: {
            /** @description About it. */
            context: components["schemas"]["ContextView"];
            /** @description The system instruction that was sent last, as a `Content` of Gemini's. */
            system?: Record<string, never> | null;
            /** @description Its turns, on all branches. */
            turns: components["schemas"]["ContextTurn"][];
        };
        /** @description Which conversations are meant. */
        ContextFilter: {
            /**
             * @description Of this access key only. An ordinary user gets their own anyway.
             * @default null
             */
            access_key: string | null;
            /**
             * Format: date-time
             * @description With nothing said since this time.
             * @default null
             */
            before: string | null;
            /**
             * @description Last answered by this model.
             * @default null
             */
            model: string | null;
            /**
             * @description Pinned, or not.
             * @default null
             */
            pinned: boolean | null;
            /**
             * @description With this in their title, their name or what was said.
             * @default null
             */
            text: string | null;
        };
        /** @description A turn of a conversation. */
        ContextTurn: {
            /** @description Whether it leads to the end of the conversation, or to that of another branch. */
            active: boolean;
            /**
             * Format: date-time
             * @description When it came.
             */
            at: string;
            /** @description What was said, as a `Content` of Gemini's; null when the conversation has grown too large for it. */
            content: Record<string, never>;
            /**
             * Format: int64
             * @description Its number, from 1.
             */
            number: number;
            /**
             * Format: int64
             * @description The turn that it follows; 0 is the beginning.
             */
            parent: number;
            /** @description Whether the answer broke off. */
            partial: boolean;
            /** @description Who spoke: `user` or `model`. */
            role: string;
            /**
             * Format: int64
             * @description How many tokens it costs to say it again.
             */
            tokens: number;
        };
        /** @description A conversation, without what was said. */
        ContextView: {
            /** @description The access key whose it is. */
            access_key: string;
            /**
             * Format: int64
             * @description How many letters they have.
             */
            bytes: number;
            /**
             * Format: date-time
             * @description When it began.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it is over, if nothing more is said; null: never.
             */
            expires_at?: string | null;
            /**
             * Format: uuid
             * @description Its identifier.
             */
            id: string;
            /** @description Where it is kept: `memory` is until restart. */
            kept: components["schemas"]["Keeping"];
            /** @description The model that spoke last. */
            model: string;
            /** @description What its client calls it. */
            name: string;
            /** @description Whether it stays however old it is. */
            pinned: boolean;
            /** @description What people call it: at first the beginning of what was asked. */
            title: string;
            /**
             * Format: int64
             * @description How many tokens they cost to say again.
             */
            tokens: number;
            /**
             * Format: int64
             * @description How many seconds it is kept after its last turn; null: as long as the settings say.
             */
            ttl_seconds?: number | null;
            /**
             * Format: int64
             * @description How many turns there are, on all branches.
             */
            turns: number;
            /**
             * Format: date-time
             * @description When something was said last.
             */
            updated_at: string;
        };
        /** @description What a key has done since the start. */
        CountersView: {
            /**
             * Format: int64
             * @description Requests whose client left.
             */
            abandoned: number;
            /**
             * Format: int64
             * @description Requests answered with nothing that can be used.
             */
            empty: number;
            /**
             * Format: int64
             * @description Requests that went wrong, whoever was to blame.
             */
            faults: number;
            /**
             * Format: int64
             * @description Requests under way.
             */
            open: number;
            /**
             * Format: int64
             * @description Requests it was used for.
             */
            requests: number;
            /**
             * Format: int64
             * @description Requests answered.
             */
            successes: number;
        };
        /** @description An access key to be made. */
        CreateAccessKey: {
            /**
             * Format: date-time
             * @description From when on it opens nothing; never, if it is left out.
             */
            expires_at?: string | null;
            /** @description What it may be used for, and how much. */
            limits?: components["schemas"]["Policy"];
            /** @description What people call it. */
            name: string;
            /** @description `user`, unless it is to be an administrator's. */
            role?: components["schemas"]["RoleName"];
        };
        /** @description Why a key is switched off. */
        Disabling: {
            /** @description In words; it is shown beside the key. */
            reason?: string | null;
        };
        /**
         * @description How a request ended.
         * @enum {string}
         */
        End: "answered" | "failed" | "cancelled";
        /** @description One action. */
        Entry: {
            /** @description What. */
            action: string;
            /** @description Who. */
            actor: string;
            /** @description From where. */
            address: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description What else is worth knowing. */
            detail?: unknown;
            /**
             * Format: uuid
             * @description Its identifier.
             */
            id: string;
            /** @description To which. */
            subject: string;
        };
        /**
         * @description How a form asks for a value.
         * @enum {string}
         */
        FieldKind: "switch" | "choice" | "number" | "text" | "secret";
        /** @description What is wrong with one field. */
        FieldProblem: {
            /** @description The field, as it stands in the request: `limits.rpm`, `items[3].key`. */
            field: string;
            /** @description What is wrong, and what the field takes. */
            message: string;
        };
        /** @description A page of files, by name. */
        FilePage: {
            /** @description Its files. */
            items: components["schemas"]["FileView"][];
            /** @description Where the next page begins; none when this is the last. */
            next?: string | null;
        };
        /** @description A file at Google. */
        FileView: {
            /**
             * Format: date-time
             * @description When it was made, as far as GAP has seen it.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When Google has forgotten it.
             */
            expires_at?: string | null;
            /** @description What it is called in the path of this API. */
            id: string;
            /**
             * @description Google's name: what clients use.
             * @example files/abc-123
             */
            name: string;
            /** @description The access key that made it, or saw it first. */
            owner: string;
            /** @description The project that holds it: its label, Google's number, or the identifier of its only upstream key. Administrators see it. */
            project?: string | null;
        };
        /**
         * @description What groups are of.
         * @enum {string}
         */
        Group: "model" | "upstream_key" | "project" | "access_key" | "address";
        /** @description The state of the process and what it depends on. */
        Health: {
            /** @description Where state is kept. */
            database: components["schemas"]["Component"];
            /** @description Upstream keys by state. */
            keys: components["schemas"]["Keys"];
            /** @description `live`, or `demo` when answers come from the built-in simulator. */
            mode: string;
            /** @description Whether state is shared with other instances. */
            redis: components["schemas"]["Component"];
            /** @description `ok` while the process lives; `degraded` when no upstream key can be used at this moment. */
            status: string;
            /** @description GAP's version. */
            version: string;
            /** @description Said in demo mode, so that nobody takes its answers for Gemini's. */
            warning?: string | null;
        };
        /** @description What came of an import. */
        Imported: components["schemas"]["ImportReport"] & {
            /** @description Where the keys are kept: `memory` is until restart. */
            kept: components["schemas"]["Keeping"];
        };
        /** @description What came of an import. */
        ImportReport: {
            /** @description Keys that were entered, or would have been. */
            added: number;
            /** @description Entries that cannot be keys. */
            bad: number;
            /** @description Nothing was changed: it only says what would have been. */
            dry_run: boolean;
            /** @description Keys that were found, each counted once. */
            found: number;
            /** @description Keys that were there already. */
            known: number;
            /** @description Labels of projects that were entered, or would have been. */
            new_projects: string[];
            /** @description What is to be said of single lines; a thousand at most. */
            notes: components["schemas"]["Note"][];
            /** @description Keys that stand there more than once. */
            repeated: number;
            /** @description Entries for something else than Gemini. */
            skipped: number;
        };
        /** @description A job, as far as it has come. */
        Job: {
            /**
             * Format: date-time
             * @description When it began.
             */
            began_at: string;
            /** @description Keys that were looked at. */
            done: number;
            /**
             * Format: date-time
             * @description When it ended.
             */
            ended_at?: string | null;
            /** @description Keys that are not good; ten thousand at most. */
            findings: components["schemas"]["KeyFinding"][];
            /** @description Keys that Google accepts. */
            good: number;
            /**
             * Format: uuid
             * @description Its identifier.
             */
            id: string;
            /** @description Keys that Google refuses until somebody mends them. */
            invalid: number;
            /** @description Keys that Google knows and does not serve now: a quota, or money. */
            limited: number;
            /** @description How far it is. */
            state: components["schemas"]["JobState"];
            /** @description Keys to be looked at. */
            total: number;
            /** @description Keys of which nobody can say: Google did not answer. */
            unreachable: number;
        };
        /** @description The looks that are remembered. */
        JobList: {
            /** @description The newest first, each without the keys that it names. */
            items: components["schemas"]["Job"][];
        };
        /**
         * @description How far a job is.
         * @enum {string}
         */
        JobState: "running" | "done" | "cancelled";
        /**
         * @description Where keys and projects are kept.
         * @enum {string}
         */
        Keeping: "memory" | "database";
        /** @description What is changed about a key. What is left out stays; null takes back. */
        KeyChange: {
            /**
             * Format: int32
             * @description How many requests it may carry at a time; null: as `pool.key_concurrency` says.
             */
            concurrency?: number | null;
            /**
             * Format: date-time
             * @description From when on it is not used.
             */
            expires_at?: string | null;
            /** @description What people call it. */
            label?: string | null;
            /** @description The only models that it serves, each of which may end in `*`. */
            models?: string[] | null;
            /**
             * Format: uuid
             * @description The project that it belongs to.
             */
            project?: string | null;
            /** @description What people group it by, in place of what they did. */
            tags?: string[] | null;
            tier?: components["schemas"]["TierName"] | null;
            /**
             * Format: int32
             * @description Its share of the work beside others: 100 is usual.
             */
            weight?: number | null;
        };
        /** @description Upstream keys by state. */
        KeyCounts: {
            /** @description Keys that are out for good. */
            disabled: number;
            /** @description Keys that can be used now. */
            healthy: number;
            /** @description Keys that rest and come back by themselves. */
            resting: number;
            /** @description All keys. */
            total: number;
        };
        /** @description A key that is not good. */
        KeyFinding: {
            /** @description The cause, as in logs. */
            cause?: string | null;
            /** @description What a look at it comes to: `limited`, `invalid` or `unreachable`. */
            finding: string;
            /**
             * Format: uuid
             * @description The key's identifier.
             */
            key: string;
            /** @description Google's words. */
            message: string;
        };
        /** @description Which keys a list shows. */
        KeyQuery: {
            /** @description Only keys of this project: its identifier, or `none`. */
            project?: string | null;
            /** @description Only keys whose label, project, tags or last characters contain this. */
            q?: string | null;
            state?: components["schemas"]["StateName"] | null;
            /** @description Only keys with this tag. */
            tag?: string | null;
            /** @description Only keys of projects of this tier: `free`, `tier1`, `tier2`, `tier3`, or `unknown`. */
            tier?: string | null;
        };
        /** @description Upstream keys by state. */
        Keys: {
            /** @description Keys that Google refuses for good. */
            disabled: number;
            /** @description Keys that can be used now. */
            healthy: number;
            /** @description Keys that rest and come back by themselves. */
            resting: number;
            /** @description All keys. */
            total: number;
        };
        /** @description An upstream key. */
        KeyView: components["schemas"]["StandingView"] & {
            /** @description What it may do with which model: those of which anything is known, at most 200. */
            buckets: components["schemas"]["BucketOut"][];
            /**
             * Format: int32
             * @description How many requests it may carry at a time; null: as `pool.key_concurrency` says.
             */
            concurrency?: number | null;
            /** @description What it has done since the start. */
            counters: components["schemas"]["CountersView"];
            /**
             * Format: date-time
             * @description When it was entered.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description From when on it is not used.
             */
            expires_at?: string | null;
            /**
             * Format: float
             * @description How well it answered lately, from 0 to 1: the mean of its models. Null while nobody has asked.
             */
            health?: number | null;
            /**
             * Format: uuid
             * @description Its identifier: the same after a restart.
             */
            id: string;
            /** @description Where it is kept: `memory` is until restart. */
            kept: components["schemas"]["Keeping"];
            /** @description The key as it may be shown. */
            key: string;
            /** @description What people call it. */
            label: string;
            /**
             * Format: date-time
             * @description When it was last used since the start.
             */
            last_used?: string | null;
            /** @description The only models that it serves, each of which may end in `*`; null: all. */
            models?: string[] | null;
            project?: components["schemas"]["ProjectName"] | null;
            /**
             * Format: int64
             * @description Google's number of its project, once Google has named it.
             */
            project_number?: number | null;
            /** @description What people group it by. */
            tags: string[];
            tier?: components["schemas"]["TierName"] | null;
            /**
             * Format: date-time
             * @description When it was changed.
             */
            updated_at: string;
            /**
             * Format: int32
             * @description Its share of the work beside others: 100 is usual.
             */
            weight: number;
        };
        /** @description Limits by hand; what is left out is not limited by hand. */
        LimitsView: {
            /**
             * Format: int64
             * @description Requests per Pacific day.
             */
            requests_per_day?: number | null;
            /**
             * Format: int64
             * @description Requests per minute.
             */
            requests_per_minute?: number | null;
            /**
             * Format: int64
             * @description Input tokens per Pacific day.
             */
            tokens_per_day?: number | null;
            /**
             * Format: int64
             * @description Input tokens per minute.
             */
            tokens_per_minute?: number | null;
        };
        /** @description One request. */
        LoggedRequest: {
            /** @description Whose it was. */
            access_key: string;
            /** @description The client's address. */
            address: string;
            /**
             * Format: date-time
             * @description When it came.
             */
            at: string;
            /**
             * Format: int32
             * @description How many upstream keys were tried.
             */
            attempts: number;
            /** @description Tokens by what they stand for (`prompt/image`); empty where all are text. */
            by_modality?: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Tokens of the prompt from a cache.
             */
            cached_tokens: number;
            /**
             * Format: int64
             * @description What it cost by list prices, in billionths of a dollar; 0 on a project that pays nothing.
             */
            cost_nanos: number;
            /** @description The API that the client spoke: `openai`, `anthropic` or `gemini`. */
            dialect: string;
            /**
             * Format: int32
             * @description How long it took in all.
             */
            duration_ms: number;
            /** @description Whose fault it was, if it failed: `request`, `key`, `bucket`, … */
            error_scope: string;
            /** @description How it ended in words, and why which keys were tried: administrators see it, of one request alone. */
            explanation?: Record<string, never> | null;
            /**
             * Format: int32
             * @description How long the first token of a stream took.
             */
            first_token_ms?: number | null;
            /**
             * Format: uuid
             * @description Its identifier.
             */
            id: string;
            /** @description What it asked for, such as `generateContent`. */
            method: string;
            /** @description The model that was asked for. */
            model: string;
            /** @description How it ended. */
            outcome: components["schemas"]["End"];
            /**
             * Format: int64
             * @description Tokens of the answer, without thinking.
             */
            output_tokens: number;
            /** @description The project that served it: the operator's name for it, Google's number, or the identifier of its only upstream key. */
            project: string;
            /** @description What people call that project, where it is not named so. */
            project_label?: string | null;
            /**
             * Format: int64
             * @description Tokens of the prompt, with the cached ones.
             */
            prompt_tokens: number;
            /**
             * Format: int64
             * @description What caches saved, in billionths of a dollar.
             */
            saved_nanos: number;
            /**
             * Format: int32
             * @description The status that the client saw; 0 if it left before there was one.
             */
            status: number;
            /** @description Whether the answer was a stream. */
            streamed: boolean;
            /**
             * Format: int64
             * @description Tokens of thinking.
             */
            thought_tokens: number;
            /**
             * Format: int64
             * @description Tokens of results of Google's own tools.
             */
            tool_tokens: number;
            /** @description The upstream key that served it. */
            upstream_key: string;
            /** @description How people recognise that key: masked. Missing when it is gone. */
            upstream_key_label?: string | null;
            /**
             * Format: int32
             * @description How long it waited for an upstream key.
             */
            waited_ms: number;
        };
        /** @description What somebody logs in with: one of the secrets, whatever it is called. */
        Login: {
            /**
             * Format: password
             * @description The same, as programs call it.
             */
            api_key?: string | null;
            /**
             * Format: password
             * @description A value of `PASSWORD`, or any access key.
             */
            password?: string | null;
            /** @description Taken as it is: passwords alone say who it is. */
            username?: string | null;
        };
        /** @description A page of the log, newest first. */
        LogPage: {
            /** @description Its requests. */
            items: components["schemas"]["LoggedRequest"][];
            /** @description Where the next page begins; missing on the last. */
            next?: string | null;
        };
        /** @description Who somebody is, and what they may. */
        Me: {
            /**
             * Format: date-time
             * @description When the session is over unless it is refreshed; missing without a session.
             */
            expires_at?: string | null;
            /** @description Names the access key for good. */
            id: string;
            /** @description What it may be used for, and how much. */
            limits: components["schemas"]["Policy"];
            /** @description What people call it. */
            name: string;
            /** @description `administrator` or `user`. */
            role: string;
            used?: components["schemas"]["AccessKeyUse"] | null;
        };
        /** @description A model as the upstream keys see it today. */
        ModelView: {
            /** @description What to do: `enough`, `add`, `add_surely`, `could_reduce`, or `unknown`. */
            advice: string;
            /**
             * Format: int64
             * @description Requests of a day, of all projects whose limit is known.
             */
            capacity?: number | null;
            /**
             * Format: date-time
             * @description When it runs dry at the present rate, if that is today.
             */
            dry_at?: string | null;
            /**
             * Format: int64
             * @description What is left of it today.
             */
            left?: number | null;
            /** @description Whether Google or the table of models lists it. */
            listed: boolean;
            /**
             * Format: double
             * @description Which share of the capacity the day needs at the present rate.
             */
            load?: number | null;
            /** @description Its name. */
            model: string;
            /** @description Projects that are missing to get through the day with some to spare. */
            more_projects: number;
            /** @description Projects of which no daily limit is known. */
            unlimited_projects: number;
            /**
             * Format: int64
             * @description Requests sent today, by Pacific days; null while nobody has asked it.
             */
            used?: number | null;
        };
        /** @description An access key that was just made. */
        NewAccessKey: {
            /** @description What is known of it. */
            access_key: components["schemas"]["AccessKeyView"];
            /** @description The key itself. It is not shown again. */
            key: string;
        };
        /** @description A cache that is to be made. What it holds is said as Google's API says it. */
        NewCache: {
            /** @description The turns that it holds. */
            contents?: Record<string, never>[] | null;
            /** @description What people call it. */
            display_name?: string | null;
            /**
             * @description For which model.
             * @example gemini-2.5-flash
             */
            model: string;
            /** @description The system instruction. */
            system_instruction?: Record<string, never> | null;
            /** @description How the tools are to be used. */
            tool_config?: Record<string, never> | null;
            /** @description The tools. */
            tools?: Record<string, never>[] | null;
            /**
             * Format: int64
             * @description For how many seconds it is kept; an hour, if it is missing.
             */
            ttl_seconds?: number | null;
        };
        /** @description A key to be entered. */
        NewKey: {
            /**
             * Format: int32
             * @description How many requests it may carry at a time; null: as `pool.key_concurrency` says.
             */
            concurrency?: number | null;
            /**
             * Format: date-time
             * @description From when on it is not used.
             */
            expires_at?: string | null;
            /** @description The key itself. No answer shows it again. */
            key: string;
            /** @description What people call it. */
            label?: string;
            /** @description The only models that it serves, each of which may end in `*`. */
            models?: string[] | null;
            /**
             * Format: uuid
             * @description The project that it belongs to.
             */
            project?: string | null;
            /** @description What people group it by. */
            tags?: string[];
            tier?: components["schemas"]["TierName"] | null;
            /**
             * Format: int32
             * @description Its share of the work beside others: 100 is usual.
             */
            weight?: number | null;
        };
        /** @description Limits to be set by hand. */
        NewLimits: {
            /** @description The model; left out: every model without limits of its own. */
            model?: string | null;
            /**
             * Format: uuid
             * @description The project.
             */
            project: string;
            /**
             * Format: int64
             * @description Requests per Pacific day.
             */
            requests_per_day?: number | null;
            /**
             * Format: int64
             * @description Requests per minute; left out: not limited by hand.
             */
            requests_per_minute?: number | null;
            /**
             * Format: int64
             * @description Input tokens per Pacific day.
             */
            tokens_per_day?: number | null;
            /**
             * Format: int64
             * @description Input tokens per minute.
             */
            tokens_per_minute?: number | null;
        };
        /** @description A project to be entered. */
        NewProject: {
            /** @description Google's number or name of it. */
            google_name?: string | null;
            /** @description What people call it; without one it is called as Google calls it. */
            label?: string | null;
            tier?: components["schemas"]["TierName"] | null;
        };
        /** @description What is to be said of a line. */
        Note: {
            /** @description What it is. */
            kind: components["schemas"]["NoteKind"];
            /** @description The line, counted from 1; of JSON, the place in the list. */
            line: number;
            /** @description In words, without the key. */
            message: string;
        };
        /**
         * @description What a line is.
         * @enum {string}
         */
        NoteKind: "bad" | "repeated" | "known" | "skipped";
        /** @description One page of a list. */
        Page_AccessKeyView: {
            /** @description Its entries. */
            items: {
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: date-time
                 * @description Since when it opens nothing.
                 */
                disabled_at?: string | null;
                /**
                 * Format: date-time
                 * @description From when on it opens nothing.
                 */
                expires_at?: string | null;
                /**
                 * @description Its first characters.
                 * @example gap-1a2b
                 */
                hint: string;
                /** @description Names it for good. */
                id: string;
                /** @description What it may be used for, and how much. */
                limits: components["schemas"]["Policy"];
                /** @description What people call it. */
                name: string;
                /**
                 * Format: date-time
                 * @description Until when the key before the last rotation still opens the door.
                 */
                previous_until?: string | null;
                /** @description `administrator` or `user`. */
                role: string;
                /** @description `active`, `disabled` or `expired`. */
                state: string;
                /**
                 * Format: date-time
                 * @description When it was changed.
                 */
                updated_at: string;
                /** @description How much of it has been used. */
                used: components["schemas"]["AccessKeyUse"];
            }[];
            /**
             * Format: int32
             * @description The page, counted from 1.
             */
            page: number;
            /**
             * Format: int32
             * @description Entries of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description How many entries there are on all pages.
             */
            total: number;
        };
        /** @description One page of a list. */
        Page_CacheView: {
            /** @description Its entries. */
            items: {
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description What people call it. */
                display_name: string;
                /**
                 * Format: date-time
                 * @description When Google forgets it.
                 */
                expires_at: string;
                /**
                 * Format: int64
                 * @description Requests that were served from it.
                 */
                hits: number;
                /**
                 * Format: uuid
                 * @description What it is called in the path of this API.
                 */
                id: string;
                /** @description Who made it. */
                kind: components["schemas"]["CacheKind"];
                /** @description The model for which it is. */
                model: string;
                /**
                 * @description Google's name: what clients use as `cachedContent`.
                 * @example cachedContents/abc123
                 */
                name: string;
                /** @description The access key whose it is: the only one that may use it. */
                owner: string;
                /** @description The project that holds it: its label, Google's number, or the identifier of its only upstream key. Administrators see it. */
                project?: string | null;
                /**
                 * Format: int64
                 * @description What reading it saved by list prices, in billionths of a dollar.
                 */
                saved_nanos: number;
                /**
                 * Format: int64
                 * @description Tokens that were read from it.
                 */
                saved_tokens: number;
                /**
                 * Format: int64
                 * @description What making it and keeping it until now has cost, in billionths of a dollar.
                 */
                spent_nanos: number;
                /**
                 * Format: int64
                 * @description How many tokens it holds.
                 */
                tokens: number;
                /**
                 * Format: date-time
                 * @description When it was used last.
                 */
                used_at: string;
            }[];
            /**
             * Format: int32
             * @description The page, counted from 1.
             */
            page: number;
            /**
             * Format: int32
             * @description Entries of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description How many entries there are on all pages.
             */
            total: number;
        };
        /** @description One page of a list. */
        Page_ContextTurn: {
            /** @description Its entries. */
            items: {
                /** @description Whether it leads to the end of the conversation, or to that of another branch. */
                active: boolean;
                /**
                 * Format: date-time
                 * @description When it came.
                 */
                at: string;
                /** @description What was said, as a `Content` of Gemini's; null when the conversation has grown too large for it. */
                content: Record<string, never>;
                /**
                 * Format: int64
                 * @description Its number, from 1.
                 */
                number: number;
                /**
                 * Format: int64
                 * @description The turn that it follows; 0 is the beginning.
                 */
                parent: number;
                /** @description Whether the answer broke off. */
                partial: boolean;
                /** @description Who spoke: `user` or `model`. */
                role: string;
                /**
                 * Format: int64
                 * @description How many tokens it costs to say it again.
                 */
                tokens: number;
            }[];
            /**
             * Format: int32
             * @description The page, counted from 1.
             */
            page: number;
            /**
             * Format: int32
             * @description Entries of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description How many entries there are on all pages.
             */
            total: number;
        };
        /** @description One page of a list. */
        Page_ContextView: {
            /** @description Its entries. */
            items: {
                /** @description The access key whose it is. */
                access_key: string;
                /**
                 * Format: int64
                 * @description How many letters they have.
                 */
                bytes: number;
                /**
                 * Format: date-time
                 * @description When it began.
                 */
                created_at: string;
                /**
                 * Format: date-time
                 * @description When it is over, if nothing more is said; null: never.
                 */
                expires_at?: string | null;
                /**
                 * Format: uuid
                 * @description Its identifier.
                 */
                id: string;
                /** @description Where it is kept: `memory` is until restart. */
                kept: components["schemas"]["Keeping"];
                /** @description The model that spoke last. */
                model: string;
                /** @description What its client calls it. */
                name: string;
                /** @description Whether it stays however old it is. */
                pinned: boolean;
                /** @description What people call it: at first the beginning of what was asked. */
                title: string;
                /**
                 * Format: int64
                 * @description How many tokens they cost to say again.
                 */
                tokens: number;
                /**
                 * Format: int64
                 * @description How many seconds it is kept after its last turn; null: as long as the settings say.
                 */
                ttl_seconds?: number | null;
                /**
                 * Format: int64
                 * @description How many turns there are, on all branches.
                 */
                turns: number;
                /**
                 * Format: date-time
                 * @description When something was said last.
                 */
                updated_at: string;
            }[];
            /**
             * Format: int32
             * @description The page, counted from 1.
             */
            page: number;
            /**
             * Format: int32
             * @description Entries of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description How many entries there are on all pages.
             */
            total: number;
        };
        /** @description One page of a list. */
        Page_KeyView: {
            /** @description Its entries. */
            items: (components["schemas"]["StandingView"] & {
                /** @description What it may do with which model: those of which anything is known, at most 200. */
                buckets: components["schemas"]["BucketOut"][];
                /**
                 * Format: int32
                 * @description How many requests it may carry at a time; null: as `pool.key_concurrency` says.
                 */
                concurrency?: number | null;
                /** @description What it has done since the start. */
                counters: components["schemas"]["CountersView"];
                /**
                 * Format: date-time
                 * @description When it was entered.
                 */
                created_at: string;
                /**
                 * Format: date-time
                 * @description From when on it is not used.
                 */
                expires_at?: string | null;
                /**
                 * Format: float
                 * @description How well it answered lately, from 0 to 1: the mean of its models. Null while nobody has asked.
                 */
                health?: number | null;
                /**
                 * Format: uuid
                 * @description Its identifier: the same after a restart.
                 */
                id: string;
                /** @description Where it is kept: `memory` is until restart. */
                kept: components["schemas"]["Keeping"];
                /** @description The key as it may be shown. */
                key: string;
                /** @description What people call it. */
                label: string;
                /**
                 * Format: date-time
                 * @description When it was last used since the start.
                 */
                last_used?: string | null;
                /** @description The only models that it serves, each of which may end in `*`; null: all. */
                models?: string[] | null;
                project?: components["schemas"]["ProjectName"] | null;
                /**
                 * Format: int64
                 * @description Google's number of its project, once Google has named it.
                 */
                project_number?: number | null;
                /** @description What people group it by. */
                tags: string[];
                tier?: components["schemas"]["TierName"] | null;
                /**
                 * Format: date-time
                 * @description When it was changed.
                 */
                updated_at: string;
                /**
                 * Format: int32
                 * @description Its share of the work beside others: 100 is usual.
                 */
                weight: number;
            })[];
            /**
             * Format: int32
             * @description The page, counted from 1.
             */
            page: number;
            /**
             * Format: int32
             * @description Entries of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description How many entries there are on all pages.
             */
            total: number;
        };
        /** @description One page of a list. */
        Page_ModelView: {
            /** @description Its entries. */
            items: {
                /** @description What to do: `enough`, `add`, `add_surely`, `could_reduce`, or `unknown`. */
                advice: string;
                /**
                 * Format: int64
                 * @description Requests of a day, of all projects whose limit is known.
                 */
                capacity?: number | null;
                /**
                 * Format: date-time
                 * @description When it runs dry at the present rate, if that is today.
                 */
                dry_at?: string | null;
                /**
                 * Format: int64
                 * @description What is left of it today.
                 */
                left?: number | null;
                /** @description Whether Google or the table of models lists it. */
                listed: boolean;
                /**
                 * Format: double
                 * @description Which share of the capacity the day needs at the present rate.
                 */
                load?: number | null;
                /** @description Its name. */
                model: string;
                /** @description Projects that are missing to get through the day with some to spare. */
                more_projects: number;
                /** @description Projects of which no daily limit is known. */
                unlimited_projects: number;
                /**
                 * Format: int64
                 * @description Requests sent today, by Pacific days; null while nobody has asked it.
                 */
                used?: number | null;
            }[];
            /**
             * Format: int32
             * @description The page, counted from 1.
             */
            page: number;
            /**
             * Format: int32
             * @description Entries of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description How many entries there are on all pages.
             */
            total: number;
        };
        /** @description One page of a list. */
        Page_ProjectLimits: {
            /** @description Its entries. */
            items: {
                /** @description Limits by hand, by model; `*` is every model without its own. */
                by_hand: {
                    [key: string]: components["schemas"]["LimitsView"];
                };
                /** @description Where limits by hand are kept: `memory` is until restart. */
                kept: components["schemas"]["Keeping"];
                /** @description What counts, model by model: used, limit, and who says so. Models that were used, at most 200. */
                models: components["schemas"]["BucketOut"][];
                /** @description The project. */
                project: components["schemas"]["ProjectName"];
            }[];
            /**
             * Format: int32
             * @description The page, counted from 1.
             */
            page: number;
            /**
             * Format: int32
             * @description Entries of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description How many entries there are on all pages.
             */
            total: number;
        };
        /** @description One page of a list. */
        Page_ProjectView: {
            /** @description Its entries. */
            items: {
                /**
                 * Format: date-time
                 * @description When it was entered.
                 */
                created_at: string;
                /** @description Google's number or name of it, once it is known. */
                google_name?: string | null;
                /**
                 * Format: uuid
                 * @description Its identifier.
                 */
                id: string;
                /** @description Where it is kept: `memory` is until restart. */
                kept: components["schemas"]["Keeping"];
                /** @description How many upstream keys it has. */
                keys: number;
                known_tier?: components["schemas"]["TierName"] | null;
                /** @description What people call it. Stands before the colon of `project:key`. */
                label: string;
                /** @description Limits by hand, by model; `*` is every model without its own. */
                limits: {
                    [key: string]: components["schemas"]["LimitsView"];
                };
                tier?: components["schemas"]["TierName"] | null;
                /**
                 * Format: date-time
                 * @description When it was changed.
                 */
                updated_at: string;
            }[];
            /**
             * Format: int32
             * @description The page, counted from 1.
             */
            page: number;
            /**
             * Format: int32
             * @description Entries of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description How many entries there are on all pages.
             */
            total: number;
        };
        /** @description One step of a curve. */
        Point: components["schemas"]["Amount"] & {
            /**
             * Format: date-time
             * @description When it began.
             */
            starts_at: string;
        };
        /** @description What an access key may be used for, and how much. What is left out is not limited. */
        Policy: {
            /**
             * @description Addresses and networks from which it may be used.
             * @default null
             * @example [
             *       "203.0.113.7",
             *       "10.0.0.0/8"
             *     ]
             */
            allowed_ips: string[] | null;
            /**
             * @description Whether a conversation that is continued by its id is completed; as the settings say, if it is left out.
             * @default null
             */
            context_completion: boolean | null;
            /**
             * @description Models it may use: whole names, or the beginning of names with `*` at its end.
             * @default null
             * @example [
             *       "gemini-2.5-flash",
             *       "gemini-embedding-*"
             *     ]
             */
            models: string[] | null;
            /**
             * @description What the upstream's answers may cost, in US dollars.
             * @default {}
             */
            money_budget_usd: components["schemas"]["Budget_f64"];
            /**
             * @description Whether only projects that pay may serve it. Google may read what is sent to the others.
             * @default false
             */
            paid_keys_only: boolean;
            /**
             * Format: int64
             * @description Requests on a Pacific day.
             * @default null
             */
            rpd: number | null;
            /**
             * Format: int64
             * @description Requests in any minute.
             * @default null
             */
            rpm: number | null;
            /**
             * @description Tokens of prompts and answers together.
             * @default {}
             */
            token_budget: components["schemas"]["Budget_u64"];
            /**
             * Format: int64
             * @description Input tokens in any minute.
             * @default null
             */
            tpm: number | null;
        };
        /** @description What only an administrator sees of a report. */
        PoolReport: {
            /** @description Today's usage by access key. */
            access_keys: components["schemas"]["Row"][];
            /** @description Who asks most. */
            addresses: components["schemas"]["Addresses"];
            /** @description What is left of today's quota, by model. */
            capacity: components["schemas"]["Capacity"][];
            /** @description How many keys there are, by state. */
            keys: components["schemas"]["KeyCounts"];
            /** @description Today's usage by project. */
            projects: components["schemas"]["Row"][];
            /** @description Why keys were chosen. */
            selection: components["schemas"]["Selection"];
            /** @description Today's usage by upstream key. */
            upstream_keys: components["schemas"]["Row"][];
        };
        /** @description Why a request was not done. */
        Problem: {
            /** @description What is wrong and what to do, for a person. */
            detail: string;
            /** @description Each field that is wrong. */
            errors?: components["schemas"]["FieldProblem"][];
            /**
             * Format: int64
             * @description Seconds until it makes sense to try again.
             */
            retry_after?: number | null;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The status in words. */
            title: string;
            /** @description Always `about:blank`: the status says what kind of problem it is. */
            type: string;
        };
        /** @description What is changed about a project. What is left out stays; null takes back. */
        ProjectChange: {
            /** @description Google's number or name of it. */
            google_name?: string | null;
            /** @description What people call it. */
            label?: string | null;
            tier?: components["schemas"]["TierName"] | null;
        };
        /** @description The limits of a project. */
        ProjectLimits: {
            /** @description Limits by hand, by model; `*` is every model without its own. */
            by_hand: {
                [key: string]: components["schemas"]["LimitsView"];
            };
            /** @description Where limits by hand are kept: `memory` is until restart. */
            kept: components["schemas"]["Keeping"];
            /** @description What counts, model by model: used, limit, and who says so. Models that were used, at most 200. */
            models: components["schemas"]["BucketOut"][];
            /** @description The project. */
            project: components["schemas"]["ProjectName"];
        };
        /** @description A project's name. */
        ProjectName: {
            /**
             * Format: uuid
             * @description Its identifier.
             */
            id: string;
            /** @description What people call it. */
            label: string;
        };
        /** @description A Google project. */
        ProjectView: {
            /**
             * Format: date-time
             * @description When it was entered.
             */
            created_at: string;
            /** @description Google's number or name of it, once it is known. */
            google_name?: string | null;
            /**
             * Format: uuid
             * @description Its identifier.
             */
            id: string;
            /** @description Where it is kept: `memory` is until restart. */
            kept: components["schemas"]["Keeping"];
            /** @description How many upstream keys it has. */
            keys: number;
            known_tier?: components["schemas"]["TierName"] | null;
            /** @description What people call it. Stands before the colon of `project:key`. */
            label: string;
            /** @description Limits by hand, by model; `*` is every model without its own. */
            limits: {
                [key: string]: components["schemas"]["LimitsView"];
            };
            tier?: components["schemas"]["TierName"] | null;
            /**
             * Format: date-time
             * @description When it was changed.
             */
            updated_at: string;
        };
        /** @description How much of a quota is used. */
        QuotaOut: {
            /**
             * Format: int64
             * @description Its limit; null: nobody has named one.
             */
            limit?: number | null;
            /** @description `requests_per_minute`, `tokens_per_minute`, `requests_per_day` or `tokens_per_day`. */
            quota: string;
            /** @description Who says so: `by_hand`, `learned` from Google's refusals, or `default` of the tier. */
            source?: string | null;
            /**
             * Format: int64
             * @description How much of it is used, by GAP's own count.
             */
            used: number;
        };
        /** @description What was used, by whom, and what is left. */
        Report: (components["schemas"]["PoolReport"] | null) & {
            /**
             * Format: date-time
             * @description When it was made.
             */
            at: string;
            /** @description What caches did today. */
            cache: components["schemas"]["CacheUse"];
            /** @description Today. */
            day: components["schemas"]["Stretch"];
            /**
             * Format: date-time
             * @description When today began: midnight Pacific.
             */
            day_began: string;
            /** @description Today's usage by model. */
            models: components["schemas"]["Row"][];
            /** @description The thirty days up to now, today included. */
            month: components["schemas"]["Stretch"];
            /** @description The seven days up to now, today included. */
            week: components["schemas"]["Stretch"];
        };
        /**
         * @description What somebody may do.
         * @enum {string}
         */
        RoleName: "administrator" | "user";
        /** @description How a key is replaced. */
        RotateAccessKey: {
            /**
             * Format: int64
             * @description For so many seconds the key before goes on opening the door; a day, if it is left out.
             */
            grace_seconds?: number | null;
        };
        /** @description A row of a table. */
        Row: components["schemas"]["Amount"] & {
            /** @description How people recognise an upstream key, masked, an access key, by its name, or a project that is not named as they call it. */
            label?: string | null;
            /** @description Whose usage it is: an identifier, a model or an address. Empty for requests that got no further. */
            name: string;
        };
        /** @description Why keys were chosen, since the gateway was started. */
        Selection: {
            /** @description Decisions for a key, by what spoke for it. */
            chosen: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Decisions that there is no key.
             */
            none: number;
            /** @description Keys that were out when a decision was taken, by reason. */
            rejected: {
                [key: string]: number;
            };
            /**
             * Format: date-time
             * @description Since when.
             */
            since: string;
        };
        /** @description A session. */
        SessionToken: {
            /** @description Goes into the header `Authorization` after `Bearer `. */
            access_token: string;
            /**
             * Format: date-time
             * @description When it is over unless it is refreshed.
             */
            expires_at: string;
            /**
             * Format: int64
             * @description Seconds until it has to be refreshed.
             */
            expires_in: number;
            /** @description What people call the access key. */
            name: string;
            /** @description `administrator` or `user`. */
            role: string;
            /**
             * Format: date-time
             * @description When it is over even if it is refreshed.
             */
            session_ends_at: string;
            /** @description Always `bearer`. */
            token_type: string;
        };
        /** @description One setting. */
        SettingView: {
            /** @description Whether PUT may change it. */
            changeable: boolean;
            /** @description Whether that was done. */
            changed: boolean;
            /** @description The words of a choice. */
            choices?: string[];
            /** @description Its default. */
            default: string;
            /** @description How a form asks for it. */
            field: components["schemas"]["FieldKind"];
            /** @description What it means. */
            meaning: string;
            /** @description The name that PUT takes. */
            name: string;
            /** @description The section of `gap.toml`. */
            section: string;
            /** @description The name in `gap.toml`. */
            setting: string;
            /** @description Where the value stands: `default`, `env PORT`, `.env:3`, `changed at run time`. */
            source: string;
            /** @description What it takes. */
            takes: string;
            /** @description Its value; secrets are masked. */
            value: string;
        };
        /** @description Whether a key can be used. */
        StandingView: {
            /** @description Why it cannot be used, in a word. */
            cause?: string | null;
            /** @description Where to mend it, if Google gave a link. */
            help?: string | null;
            /** @description In a word. */
            state: components["schemas"]["StateName"];
            /**
             * Format: date-time
             * @description When it is back, if it comes back by itself.
             */
            until?: string | null;
            /** @description Why it cannot be used, in words. */
            why?: string | null;
        };
        /**
         * @description [`StandingView`] in a word.
         * @enum {string}
         */
        StateName: "ready" | "resting" | "disabled";
        /** @description What was used in some time. */
        Stats: {
            /** @description As much time before it. */
            before: components["schemas"]["Amount"];
            /** @description The steps of the series. */
            by: components["schemas"]["Step"];
            caches?: components["schemas"]["CacheSources"] | null;
            /**
             * Format: date-time
             * @description From when on.
             */
            from: string;
            /** @description What the groups are of. */
            group: components["schemas"]["Group"];
            /** @description The groups with the most requests, most first. */
            groups: components["schemas"]["Row"][];
            /** @description Step by step; steps without a request are missing. */
            series: components["schemas"]["Point"][];
            /**
             * Format: date-time
             * @description Until when.
             */
            to: string;
            /** @description All of it. */
            totals: components["schemas"]["Amount"];
        };
        /**
         * @description Steps of a curve.
         * @enum {string}
         */
        Step: "hour" | "day";
        /** @description The usage of some time, and of as much time before it. */
        Stretch: {
            /** @description How much was used in as many whole days before. */
            before: components["schemas"]["Amount"];
            /** @description How much was used. */
            used: components["schemas"]["Amount"];
        };
        /** @description A tag, and how many keys have it. */
        TagView: {
            /** @description Its keys. */
            keys: number;
            /** @description The tag. */
            tag: string;
        };
        /**
         * @description What a project pays.
         * @enum {string}
         */
        TierName: "free" | "tier1" | "tier2" | "tier3";
        /** @description The addresses that used most. */
        TopAddresses: {
            /** @description By requests. */
            by_requests: components["schemas"]["Row"][];
            /** @description By tokens. */
            by_tokens: components["schemas"]["Row"][];
        };
        /** @description What is to be changed. What is left out stays as it is. */
        UpdateAccessKey: {
            /**
             * Format: date-time
             * @description From when on it opens nothing; `null`: never.
             */
            expires_at?: string | null;
            limits?: components["schemas"]["Policy"] | null;
            /** @description What people call it. */
            name?: string | null;
            role?: components["schemas"]["RoleName"] | null;
        };
        /** @description What is to change of a cache. */
        UpdateCache: {
            /**
             * Format: int64
             * @description For how many seconds from now on it is kept.
             */
            ttl_seconds: number;
        };
        /** @description What is to be changed about a conversation. What is left out stays. */
        UpdateContext: {
            /** @description Whether it stays however old it is. */
            pinned?: boolean | null;
            /** @description What people call it. */
            title?: string | null;
            /**
             * Format: int64
             * @description How many seconds it is kept after its last turn; null: as long as the settings say.
             */
            ttl_seconds?: number | null;
        };
    };
    responses: {
        /** @description The request is no HTTP or no JSON that can be read. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It cannot be done as things are, such as entering what is there already. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description GAP has failed, and says why in its log. */
        Failed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The caller is known and may not do this. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no room to keep it. */
        Full: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Fields are wrong; `errors` names each. */
        Invalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing, or it is somebody else's. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is longer than `server.admin_body_limit`. */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too much at once, or too many wrong guesses; `Retry-After` says when to come back. */
        TooMany: {
            headers: {
                /** @description Seconds */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Nobody knows this credential, or there is none. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The database, or GAP as a whole, cannot answer at this moment. */
        Unavailable: {
            headers: {
                /** @description Seconds */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is not of a type that is taken here. */
        UnsupportedType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_access_keys: {
        parameters: {
            query?: {
                /** @description The page, counted from 1. */
                page?: number;
                /** @description Entries of a page. */
                page_size?: number;
                /** @description Those of this role. */
                role?: "administrator" | "user";
                /** @description A part of the name, the hint or the id, in any case of letters. */
                search?: string;
                /** @description In which order: by age unless said otherwise. */
                sort?: "created_at" | "-created_at" | "name" | "-name" | "-tokens_month";
                /** @description Those in this state. */
                state?: "active" | "disabled" | "expired";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AccessKeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    create_access_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateAccessKey"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewAccessKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    find_access_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessKeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    delete_access_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    update_access_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateAccessKey"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessKeyView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    disable_access_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessKeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    enable_access_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessKeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    rotate_access_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateAccessKey"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewAccessKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    show_own_access_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessKeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description It stands in the settings. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description Of this kind only, such as `config.changed`. */
                action?: string;
                /** @description Of this actor only. */
                actor?: string;
                /** @description Older ones than this: the `next` of the page before. */
                cursor?: string;
                /** @description Entries of a page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    log_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionToken"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    log_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    show_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    refresh_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionToken"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    list_caches: {
        parameters: {
            query?: {
                /** @description By who made them. */
                kind?: "user" | "automatic";
                /** @description For this model only. */
                model?: string;
                /** @description Of this access key only. An ordinary user gets their own anyway. */
                owner?: string;
                /** @description The page, counted from 1. */
                page?: number;
                /** @description Entries of a page. */
                page_size?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_CacheView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    create_cache: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCache"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            /** @description Google answered with something that cannot be used. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    find_cache: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    delete_cache: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    update_cache: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateCache"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    show_config: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Configuration"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    change_config: {
        parameters: {
            query?: {
                /** @description Only checks the values. */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Names of settings with their new values */
        requestBody: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Configuration"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    list_contexts: {
        parameters: {
            query?: {
                /** @description Of this access key only. An ordinary user gets their own anyway. */
                access_key?: string;
                /** @description With nothing said since this time. */
                before?: string;
                /** @description Last answered by this model. */
                model?: string;
                /** @description The page, counted from 1. */
                page?: number;
                /** @description Entries of a page. */
                page_size?: number;
                /** @description Pinned, or not. */
                pinned?: boolean;
                /** @description In which order. */
                sort?: "newest" | "oldest" | "title" | "tokens";
                /** @description With this in their title, their name or what was said. */
                text?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ContextView"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["Failed"];
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    find_context: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContextDetail"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["Failed"];
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_context: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: components["responses"]["Conflict"];
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["Failed"];
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            507: components["responses"]["Full"];
        };
    };
    update_context: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateContext"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContextView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: components["responses"]["Conflict"];
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["Failed"];
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            507: components["responses"]["Full"];
        };
    };
    export_context: {
        parameters: {
            query?: {
                /** @description As what. */
                format?: "json" | "markdown";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContextExport"];
                    "text/markdown": string;
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["Failed"];
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_context_turns: {
        parameters: {
            query?: {
                /** @description Those of other branches, too. */
                branches?: boolean;
                /** @description The page, counted from 1. */
                page?: number;
                /** @description Entries of a page. */
                page_size?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ContextTurn"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["Failed"];
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_contexts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkContexts"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContextBulkDone"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: components["responses"]["Conflict"];
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["Failed"];
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            507: components["responses"]["Full"];
        };
    };
    follow_events: {
        parameters: {
            query?: never;
            header?: {
                /** @description The last event that the reader has seen. */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events, until the reader leaves or GAP stops. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    list_files: {
        parameters: {
            query?: {
                /** @description Where the next page begins: `next` of the page before. */
                after?: string;
                /** @description Of this access key only. An ordinary user gets their own anyway. */
                owner?: string;
                /** @description Entries of a page. */
                page_size?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilePage"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    delete_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Google's name without `files/` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    list_keys: {
        parameters: {
            query?: {
                /** @description Which way: `asc` or `desc`. */
                order?: "asc" | "desc";
                /** @description The page, counted from 1. */
                page?: number;
                /** @description Entries of a page. */
                page_size?: number;
                /** @description Only keys of this project: its identifier, or `none`. */
                project?: string;
                /** @description Only keys whose label, project, tags or last characters contain this. */
                q?: string;
                /** @description What it is sorted by: `created`, `label`, `project`, `state`, `last_used` or `requests`. */
                sort?: "created" | "label" | "project" | "state" | "last_used" | "requests";
                /** @description Only keys in this state. */
                state?: "ready" | "resting" | "disabled";
                /** @description Only keys with this tag. */
                tag?: string;
                /** @description Only keys of projects of this tier: `free`, `tier1`, `tier2`, `tier3`, or `unknown`. */
                tier?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_KeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    create_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    find_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    delete_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    update_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    disable_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Disabling"] | null;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    enable_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    reset_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    change_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkDone"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    list_checks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    check_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckRequest"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    find_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancel_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    import_keys: {
        parameters: {
            query?: {
                /** @description Change nothing; only say what would come of it. */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description The keys, as text or JSON */
        requestBody: {
            content: {
                "text/plain": string;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    list_key_tags: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TagView"][];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    list_limits: {
        parameters: {
            query?: {
                /** @description The page, counted from 1. */
                page?: number;
                /** @description Entries of a page. */
                page_size?: number;
                /** @description Only those of this project. */
                project?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ProjectLimits"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    set_limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLimits"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectLimits"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    clear_limits: {
        parameters: {
            query: {
                /** @description The model; left out: every model without limits of its own. */
                model?: string;
                /** @description The project. */
                project: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectLimits"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    follow_logs: {
        parameters: {
            query?: {
                /** @description How many of the newest lines come first. */
                lines?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Lines as events, until the reader leaves or GAP stops. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    list_models: {
        parameters: {
            query?: {
                /** @description The page, counted from 1. */
                page?: number;
                /** @description Entries of a page. */
                page_size?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ModelView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    list_projects: {
        parameters: {
            query?: {
                /** @description The page, counted from 1. */
                page?: number;
                /** @description Entries of a page. */
                page_size?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ProjectView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    find_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    delete_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    update_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project's identifier */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    show_report: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    list_requests: {
        parameters: {
            query?: {
                /** @description Of this access key only. An ordinary user gets their own anyway. */
                access_key?: string;
                /** @description From this address only. */
                address?: string;
                /** @description Where the next page begins: `next` of the page before. */
                before?: string;
                /** @description `csv` or `json`, for an export. */
                format?: "csv" | "json";
                /** @description From when on. */
                from?: string;
                /** @description This request alone. */
                id?: string;
                /** @description Of this model only. */
                model?: string;
                /** @description With this end only. */
                outcome?: "answered" | "failed" | "cancelled";
                /** @description Entries of a page. */
                page_size?: number;
                /** @description Until when. */
                to?: string;
                /** @description Of this upstream key only. */
                upstream_key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    find_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The request's identifier. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedRequest"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    export_requests: {
        parameters: {
            query?: {
                /** @description Of this access key only. An ordinary user gets their own anyway. */
                access_key?: string;
                /** @description From this address only. */
                address?: string;
                /** @description Where the next page begins: `next` of the page before. */
                before?: string;
                /** @description `csv` or `json`, for an export. */
                format?: "csv" | "json";
                /** @description From when on. */
                from?: string;
                /** @description This request alone. */
                id?: string;
                /** @description Of this model only. */
                model?: string;
                /** @description With this end only. */
                outcome?: "answered" | "failed" | "cancelled";
                /** @description Entries of a page. */
                page_size?: number;
                /** @description Until when. */
                to?: string;
                /** @description Of this upstream key only. */
                upstream_key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file: CSV with a header line, or a JSON array. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    show_stats: {
        parameters: {
            query?: {
                /** @description Of this access key only. An ordinary user gets their own anyway. */
                access_key?: string;
                /** @description Steps of the curve: `hour`, or `day`, which is Pacific. Without it: hours for up to three days. */
                by?: "hour" | "day";
                /** @description `csv` or `json`, for an export. */
                format?: "csv" | "json";
                /** @description From when on; the beginning of its hour or Pacific day. Without it: 24 hours, or 30 days by day. */
                from?: string;
                /** @description What the groups are of; models, if it is missing. */
                group?: "model" | "upstream_key" | "project" | "access_key" | "address";
                /** @description Of this model only. */
                model?: string;
                /** @description Of this project only. */
                project?: string;
                /** @description Until when; now, if it is missing. */
                to?: string;
                /** @description Of this upstream key only. */
                upstream_key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    export_stats: {
        parameters: {
            query?: {
                /** @description Of this access key only. An ordinary user gets their own anyway. */
                access_key?: string;
                /** @description Steps of the curve: `hour`, or `day`, which is Pacific. Without it: hours for up to three days. */
                by?: "hour" | "day";
                /** @description `csv` or `json`, for an export. */
                format?: "csv" | "json";
                /** @description From when on; the beginning of its hour or Pacific day. Without it: 24 hours, or 30 days by day. */
                from?: string;
                /** @description What the groups are of; models, if it is missing. */
                group?: "model" | "upstream_key" | "project" | "access_key" | "address";
                /** @description Of this model only. */
                model?: string;
                /** @description Of this project only. */
                project?: string;
                /** @description Until when; now, if it is missing. */
                to?: string;
                /** @description Of this upstream key only. */
                upstream_key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file: CSV with a header line, or a JSON array. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    show_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
}
