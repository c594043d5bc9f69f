//! The house: all that routes need, in one value.
//!
//! What a reload can change (addresses, titles) stands behind a swap; everything else is fixed for
//! the life of the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::templates::Templates;
use crate::jobs::labels::Labels;
use crate::jobs::library::Library;
use crate::jobs::pushes::Pushes;
use crate::jobs::shelf::Shelf;

/// What is served, and how it is labelled.
#[derive(Debug)]
pub struct House {
    /// The merged feeds.
    pub shelf: Arc<Shelf>,
    /// Feeds, entries and editions.
    pub library: Library,
    /// What hubs say.
    pub pushes: Arc<Pushes>,
    /// The pages' templates.
    pub templates: Templates,
    labels: RwLock<Arc<Labels>>,
    ready: Arc<AtomicBool>,
}

impl House {
    /// A house that answers `/health/ready` by `ready`.
    pub fn new(
        shelf: Arc<Shelf>,
        library: Library,
        pushes: Arc<Pushes>,
        labels: Labels,
        ready: Arc<AtomicBool>,
    ) -> Arc<Self> {
        let (templates, labels) = (Templates::built_in(), RwLock::new(Arc::new(labels)));
        Arc::new(Self { shelf, library, pushes, templates, labels, ready })
    }

    /// Takes other labels, for pages and shelf.
    pub fn relabel(&self, labels: Labels) {
        self.shelf.relabel(labels.clone());
        *self.labels.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(labels);
    }

    /// The labels that hold now.
    pub fn labels(&self) -> Arc<Labels> {
        Arc::clone(&self.labels.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the service is of use: started and not stopping.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}
