//! Which call a method and a path ask for.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

/// A native path, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// `v1`, `v1beta` or `v1alpha`.
    pub(crate) version: String,
    pub(crate) call: Call,
}

/// What is asked for. Names are without their collection (`files/`, `models/`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    ListModels,
    GetModel(String),
    /// `models/{model}:{action}`.
    Model {
        model: String,
        action: Action,
    },
    UploadFile,
    ListFiles,
    GetFile(String),
    DeleteFile(String),
    /// `files/{name}:download`, which redirects.
    DownloadFile(String),
    /// `/download/…`, which sends the bytes.
    SendFile(String),
    CreateCache,
    ListCaches,
    GetCache(String),
    UpdateCache(String),
    DeleteCache(String),
    ListBatches,
    GetBatch(String),
    CancelBatch(String),
    DeleteBatch(String),
    Echo,
}

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    GenerateContent,
    StreamGenerateContent,
    CountTokens,
    EmbedContent,
    BatchEmbedContents,
    BatchGenerateContent,
    Predict,
}

impl Action {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "generateContent" => Self::GenerateContent,
            "streamGenerateContent" => Self::StreamGenerateContent,
            "countTokens" => Self::CountTokens,
            "embedContent" => Self::EmbedContent,
            "batchEmbedContents" => Self::BatchEmbedContents,
            "batchGenerateContent" => Self::BatchGenerateContent,
            "predict" => Self::Predict,
            _ => return None,
        })
    }

    /// The name in the path.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GenerateContent => "generateContent",
            Self::StreamGenerateContent => "streamGenerateContent",
            Self::CountTokens => "countTokens",
            Self::EmbedContent => "embedContent",
            Self::BatchEmbedContents => "batchEmbedContents",
            Self::BatchGenerateContent => "batchGenerateContent",
            Self::Predict => "predict",
        }
    }

    /// The name in `supportedGenerationMethods` and in Google's 404.
    pub(crate) fn supported_as(self) -> &'static str {
        match self {
            Self::GenerateContent | Self::StreamGenerateContent => "generateContent",
            Self::CountTokens => "countTokens",
            Self::EmbedContent | Self::BatchEmbedContents => "embedContent",
            Self::BatchGenerateContent => "batchGenerateContent",
            Self::Predict => "predict",
        }
    }

    /// The name of the RPC, as in error details.
    pub(crate) fn rpc(self) -> &'static str {
        match self {
            Self::GenerateContent => "GenerativeService.GenerateContent",
            Self::StreamGenerateContent => "GenerativeService.StreamGenerateContent",
            Self::CountTokens => "GenerativeService.CountTokens",
            Self::EmbedContent => "GenerativeService.EmbedContent",
            Self::BatchEmbedContents => "GenerativeService.BatchEmbedContents",
            Self::BatchGenerateContent => "BatchService.BatchGenerateContent",
            Self::Predict => "PredictionService.Predict",
        }
    }
}

impl Target {
    /// `None` if Google has no such path: 404 with an empty page.
    pub(crate) fn parse(method: &Method, path: &str) -> Option<Self> {
        let path = percent_decode_str(path).decode_utf8().unwrap_or(Cow::Borrowed(path));
        let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let prefix = match *segments.first()? {
            "upload" => Some("upload"),
            "download" => Some("download"),
            _ => None,
        };
        if prefix.is_some() {
            segments.remove(0);
        }
        let (version, rest) = segments.split_first()?;
        if !matches!(*version, "v1" | "v1beta" | "v1alpha") {
            return None;
        }
        let call = match prefix {
            Some("upload") => (rest == ["files"]).then_some(Call::UploadFile)?,
            Some(_) => Call::SendFile(named(rest, "files")?.strip_suffix(":download")?.to_owned()),
            None => parse_call(method, rest)?,
        };
        Some(Self { version: (*version).to_owned(), call })
    }

    /// The model, where the path names one.
    pub(crate) fn model(&self) -> Option<&str> {
        match &self.call {
            Call::GetModel(model) | Call::Model { model, .. } => Some(model),
            _ => None,
        }
    }

    /// Whether it is counted among embeddings.
    pub(crate) fn embeds(&self) -> bool {
        matches!(&self.call, Call::Model { action: Action::EmbedContent | Action::BatchEmbedContents, .. })
    }

    /// Whether its answer comes in pieces.
    pub(crate) fn streams(&self) -> bool {
        matches!(&self.call, Call::Model { action: Action::StreamGenerateContent, .. })
    }

    /// The method by its last name, such as `generateContent` or `files.list`.
    pub(crate) fn method_name(&self) -> &'static str {
        match &self.call {
            Call::Model { action, .. } => action.name(),
            Call::ListModels => "models.list",
            Call::GetModel(_) => "models.get",
            Call::UploadFile => "files.upload",
            Call::ListFiles => "files.list",
            Call::GetFile(_) => "files.get",
            Call::DeleteFile(_) => "files.delete",
            Call::DownloadFile(_) | Call::SendFile(_) => "files.download",
            Call::CreateCache => "cachedContents.create",
            Call::ListCaches => "cachedContents.list",
            Call::GetCache(_) => "cachedContents.get",
            Call::UpdateCache(_) => "cachedContents.patch",
            Call::DeleteCache(_) => "cachedContents.delete",
            Call::ListBatches => "batches.list",
            Call::GetBatch(_) => "batches.get",
            Call::CancelBatch(_) => "batches.cancel",
            Call::DeleteBatch(_) => "batches.delete",
            Call::Echo => "echo",
        }
    }

    /// The full name of the RPC, as in error details.
    pub(crate) fn rpc(&self) -> String {
        let rpc = match &self.call {
            Call::Model { action, .. } => action.rpc(),
            Call::ListModels => "ModelService.ListModels",
            Call::GetModel(_) => "ModelService.GetModel",
            Call::UploadFile => "FileService.CreateFile",
            Call::ListFiles => "FileService.ListFiles",
            Call::GetFile(_) => "FileService.GetFile",
            Call::DeleteFile(_) => "FileService.DeleteFile",
            Call::DownloadFile(_) | Call::SendFile(_) => "FileService.DownloadFile",
            Call::CreateCache => "CacheService.CreateCachedContent",
            Call::ListCaches => "CacheService.ListCachedContents",
            Call::GetCache(_) => "CacheService.GetCachedContent",
            Call::UpdateCache(_) => "CacheService.UpdateCachedContent",
            Call::DeleteCache(_) => "CacheService.DeleteCachedContent",
            Call::ListBatches => "BatchService.ListOperations",
            Call::GetBatch(_) => "BatchService.GetOperation",
            Call::CancelBatch(_) => "BatchService.CancelOperation",
            Call::DeleteBatch(_) => "BatchService.DeleteOperation",
            Call::Echo => "EchoService.Echo",
        };
        format!("google.ai.generativelanguage.{}.{rpc}", self.version)
    }
}

fn parse_call(method: &Method, rest: &[&str]) -> Option<Call> {
    if rest.first().is_some_and(|name| name.starts_with("_echo")) {
        return Some(Call::Echo);
    }
    let get = method == Method::GET;
    let post = method == Method::POST;
    match rest {
        ["models"] if get => Some(Call::ListModels),
        ["models" | "tunedModels", name] if post => {
            let (model, action) = name.rsplit_once(':')?;
            Some(Call::Model { model: model.to_owned(), action: Action::parse(action)? })
        }
        ["models" | "tunedModels", name] if get => Some(Call::GetModel((*name).to_owned())),
        ["files"] if get => Some(Call::ListFiles),
        ["files", name] if get => Some(match name.strip_suffix(":download") {
            Some(name) => Call::DownloadFile(name.to_owned()),
            None => Call::GetFile((*name).to_owned()),
        }),
        ["files", name] if method == Method::DELETE => Some(Call::DeleteFile((*name).to_owned())),
        ["cachedContents"] if get => Some(Call::ListCaches),
        ["cachedContents"] if post => Some(Call::CreateCache),
        ["cachedContents", name] if get => Some(Call::GetCache((*name).to_owned())),
        ["cachedContents", name] if method == Method::PATCH => Some(Call::UpdateCache((*name).to_owned())),
        ["cachedContents", name] if method == Method::DELETE => Some(Call::DeleteCache((*name).to_owned())),
        ["batches"] if get => Some(Call::ListBatches),
        ["batches", name] if get => Some(Call::GetBatch((*name).to_owned())),
        ["batches", name] if post => Some(Call::CancelBatch(name.strip_suffix(":cancel")?.to_owned())),
        ["batches", name] if method == Method::DELETE => Some(Call::DeleteBatch((*name).to_owned())),
        _ => None,
    }
}

fn named<'a>(rest: &[&'a str], collection: &str) -> Option<&'a str> {
    match rest {
        [first, name] if *first == collection => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
