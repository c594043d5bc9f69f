//! A source file and its place in the tree of modules.

use std::path::Path;

/// A path of modules below the crate root: `["model", "url"]`.
pub(crate) type Modules = Vec<String>;

/// One file under `src`.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Its path from the root of the repository, with forward slashes.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl Source {
    /// The module that the file is. The library's root is `[]`, that of the program is `["main"]`.
    pub(crate) fn module(&self) -> Modules {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut parts: Modules = inner.split('/').map(str::to_owned).collect();
        if parts.last().is_some_and(|last| last == "mod" || (parts.len() == 1 && last == "lib")) {
            parts.pop();
        }
        parts
    }

    /// The room that the file is in: the first module, or `lib`.
    pub(crate) fn room(&self) -> String {
        self.module().into_iter().next().unwrap_or_else(|| "lib".to_owned())
    }

    /// Whether it only opens doors to other files: `lib.rs` and every `mod.rs`.
    pub(crate) fn is_door(&self) -> bool {
        self.path == "src/lib.rs" || self.path.ends_with("/mod.rs")
    }
}

/// Every file under `folder` of the repository at `root`, in a fixed order.
pub(crate) fn read_all(root: &Path, folder: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("folders can be listed") {
            let path = entry.expect("folders can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("sources are UTF-8");
                let path = path.strip_prefix(root).expect("found below the root");
                sources.push(Source { path: path.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}
