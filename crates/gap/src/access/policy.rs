//! What an access key may be used for, and how much.

use std::net::IpAddr;
use std::time::Duration;

use gap_pool::Limits;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Billionths of a dollar.
const NANOS: f64 = 1e9;

/// What an access key may be used for, and how much. What is left out is not limited.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Models it may use: whole names, or the beginning of names with `*` at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["gemini-2.5-flash", "gemini-embedding-*"]))]
    pub models: Option<Vec<String>>,
    /// Requests in any minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub rpm: Option<u64>,
    /// Input tokens in any minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub tpm: Option<u64>,
    /// Requests on a Pacific day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub rpd: Option<u64>,
    /// Tokens of prompts and answers together.
    #[serde(skip_serializing_if = "Budget::is_unlimited", deserialize_with = "or_default")]
    pub token_budget: Budget<u64>,
    /// What the upstream's answers may cost, in US dollars.
    #[serde(skip_serializing_if = "Budget::is_unlimited", deserialize_with = "or_default")]
    pub money_budget_usd: Budget<f64>,
    /// Addresses and networks from which it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["203.0.113.7", "10.0.0.0/8"]))]
    pub allowed_ips: Option<Vec<Network>>,
    /// Whether only projects that pay may serve it. Google may read what is sent to the others.
    #[serde(skip_serializing_if = "is_false")]
    pub paid_keys_only: bool,
    /// Whether a conversation that is continued by its id is completed; as the settings say, if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_completion: Option<bool>,
}

/// How much in a Pacific day, in a Pacific month, and in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget<T> {
    /// In a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<T>,
    /// In a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<T>,
    /// Ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<T>,
}

/// An address or a network, written as either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(pub IpNet);

// === impl Policy ===

impl Policy {
    /// No limits.
    pub const fn unlimited() -> Self {
        Self {
            models: None,
            rpm: None,
            tpm: None,
            rpd: None,
            token_budget: Budget { day: None, month: None, total: None },
            money_budget_usd: Budget { day: None, month: None, total: None },
            allowed_ips: None,
            paid_keys_only: false,
            context_completion: None,
        }
    }

    /// Whether it limits how much, so that limits per client address do not.
    pub fn limits_use(&self) -> bool {
        self.rpm.is_some()
            || self.tpm.is_some()
            || self.rpd.is_some()
            || !self.token_budget.is_unlimited()
            || !self.money_budget_usd.is_unlimited()
    }

    /// What it limits by the minute and by the day.
    pub fn limits(&self) -> Limits {
        Limits {
            requests_per_minute: self.rpm,
            tokens_per_minute: self.tpm,
            requests_per_day: self.rpd,
            tokens_per_day: None,
        }
    }

    /// Whether it may use this model; `models/` before the name means nothing.
    pub fn allows_model(&self, model: &str) -> bool {
        let Some(models) = &self.models else { return true };
        let model = model.strip_prefix("models/").unwrap_or(model);
        models.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(begin) => model.starts_with(begin),
            None => model == pattern,
        })
    }

    /// Whether it may be used from this address.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        self.allowed_ips.as_ref().is_none_or(|networks| networks.iter().any(|Network(net)| net.contains(&address)))
    }

    /// Each field that makes no sense, by its name, and what is wrong with it.
    pub fn mistakes(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut wrong = |field: String, said: &str| found.push((field, said.to_owned()));
        if let Some(models) = &self.models {
            if models.is_empty() {
                wrong("models".to_owned(), "must name a model; leave it out to allow all");
            }
            if models.len() > 1_000 {
                wrong("models".to_owned(), "must name 1000 models at most");
            }
            for (index, model) in models.iter().enumerate().take(1_000) {
                let name = model.strip_suffix('*').unwrap_or(model);
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
                if model.is_empty() || model.len() > 200 || !name.chars().all(plain) || name.starts_with("models/") {
                    wrong(
                        format!("models[{index}]"),
                        "takes the name of a model without `models/`, or its beginning and `*`",
                    );
                }
            }
        }
        for (field, value) in [
            ("rpm", self.rpm),
            ("tpm", self.tpm),
            ("rpd", self.rpd),
            ("token_budget.day", self.token_budget.day),
            ("token_budget.month", self.token_budget.month),
            ("token_budget.total", self.token_budget.total),
        ] {
            if value.is_some_and(|value| value == 0 || value > 1_000_000_000_000) {
                wrong(field.to_owned(), "takes a number from 1 to 1000000000000; leave it out for no limit");
            }
        }
        let money = &self.money_budget_usd;
        for (field, value) in [
            ("money_budget_usd.day", money.day),
            ("money_budget_usd.month", money.month),
            ("money_budget_usd.total", money.total),
        ] {
            if value.is_some_and(|value| !(value > 0.0 && value <= 1e9)) {
                wrong(field.to_owned(), "takes an amount above 0 and up to 1000000000; leave it out for no limit");
            }
        }
        if let Some(networks) = &self.allowed_ips {
            if networks.is_empty() {
                wrong("allowed_ips".to_owned(), "must name an address; leave it out to allow all");
            }
            if networks.len() > 1_000 {
                wrong("allowed_ips".to_owned(), "must name 1000 networks at most");
            }
        }
        found
    }
}

// === impl Budget ===

impl<T> Budget<T> {
    /// Whether it limits nothing.
    pub fn is_unlimited(&self) -> bool {
        self.day.is_none() && self.month.is_none() && self.total.is_none()
    }
}

impl Budget<f64> {
    /// In billionths of a dollar.
    pub fn in_nanos(&self) -> Budget<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was checked to be in range")]
        let nanos = |usd: f64| (usd * NANOS).round() as u64;
        Budget { day: self.day.map(nanos), month: self.month.map(nanos), total: self.total.map(nanos) }
    }
}

// === impl Network ===

impl Serialize for Network {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let text = text.trim();
        let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
        let network = text.parse::<IpNet>().or(address);
        network
            .map(|network| Self(network.trunc()))
            .map_err(|_| serde::de::Error::custom("takes addresses and networks such as 203.0.113.7 or 10.0.0.0/8"))
    }
}

/// `null` is as good as nothing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// A wait in words: `in 12 seconds`, `in 3 hours`.
pub fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds.div_ceil(60), "minute"),
        7_200..172_800 => (seconds.div_ceil(3_600), "hour"),
        _ => (seconds.div_ceil(86_400), "day"),
    };
    format!("in {count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
