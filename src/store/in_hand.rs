//! Which documents are being read at this moment, kept where the end of the process cannot reach:
//! in a small file beside the database.
//!
//! A document that ends the process (a fault in a parser that no `catch_unwind` contains) would end
//! it again after every restart. So a document is noted before it is read and crossed out after;
//! what the next owner finds noted was being read when the last one died. The notes stay in the
//! system's memory, which outlives a process and costs microseconds; after the machine itself went
//! down they say nothing, which the name of the boot tells. Where the file cannot be written nothing
//! is noted, and everything else works.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::entry::{BodyPlace, EntryId};
use crate::model::feed::FeedId;
use crate::model::hash;
use crate::store::files;

/// How many documents can be noted at once: more than there are threads that read.
const PLACES: usize = 16;
/// A note: the boot's name, the kind, the number of the feed or entry, the document's name.
const NOTE: usize = 16 + 1 + 8 + 32;

/// What was being read when the process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suspect {
    /// A document.
    Document {
        /// Its feed.
        feed: FeedId,
        /// Its name.
        name: [u8; 32],
    },
    /// The page of an entry's article.
    Page {
        /// Whose.
        entry: EntryId,
    },
    /// A body that was cleaned again.
    Body {
        /// Whose.
        entry: EntryId,
        /// Which of its bodies.
        place: BodyPlace,
    },
}

/// The notes. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct InHand {
    notes: Option<Arc<Mutex<Notes>>>,
}

#[derive(Debug)]
struct Notes {
    file: File,
    taken: [bool; PLACES],
    boot: [u8; 16],
}

/// A document that is noted for as long as this lives.
#[derive(Debug)]
pub struct Held {
    noted: Option<(Arc<Mutex<Notes>>, usize)>,
}

/// Opens the notes beside `database`, and gives what the last owner left in them.
pub fn open(database: &Path) -> (InHand, Vec<Suspect>) {
    let path = files::beside(database, ".in-hand");
    match files::private(&path).and_then(|file| take_over(file, boot())) {
        Ok((notes, suspects)) => (InHand { notes: Some(Arc::new(Mutex::new(notes))) }, suspects),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error,
                "documents are read without a note of it; one that ends the process would do so again");
            (InHand::default(), Vec::new())
        }
    }
}

/// Reads what is noted and leaves the file blank and of full length, so that noting needs no room.
fn take_over(mut file: File, boot: [u8; 16]) -> io::Result<(Notes, Vec<Suspect>)> {
    let mut left = Vec::new();
    (&mut file).take((PLACES * NOTE) as u64).read_to_end(&mut left)?;
    let suspects = left.chunks_exact(NOTE).filter_map(|note| suspect(note, &boot)).collect();
    file.rewind()?;
    file.write_all(&[0; PLACES * NOTE])?;
    Ok((Notes { file, taken: [false; PLACES], boot }, suspects))
}

fn suspect(note: &[u8], boot: &[u8; 16]) -> Option<Suspect> {
    let (of, rest) = note.split_first_chunk::<16>()?;
    let (kind, rest) = rest.split_first()?;
    let (number, name) = rest.split_first_chunk::<8>()?;
    let number = i64::from_be_bytes(*number);
    match *kind {
        DOCUMENT if of == boot => {
            Some(Suspect::Document { feed: FeedId(number), name: *name.first_chunk::<32>()? })
        }
        PAGE if of == boot => Some(Suspect::Page { entry: EntryId(number) }),
        BODY | ARTICLE if of == boot => {
            let place = if *kind == BODY { BodyPlace::Feed } else { BodyPlace::Article };
            Some(Suspect::Body { entry: EntryId(number), place })
        }
        _ => None,
    }
}

/// What is noted of a suspect.
fn note_of(suspect: &Suspect, boot: &[u8; 16]) -> [u8; NOTE] {
    let (kind, number, name) = match suspect {
        Suspect::Document { feed, name } => (DOCUMENT, feed.0, *name),
        Suspect::Page { entry } => (PAGE, entry.0, [0; 32]),
        Suspect::Body { entry, place: BodyPlace::Feed } => (BODY, entry.0, [0; 32]),
        Suspect::Body { entry, place: BodyPlace::Article } => (ARTICLE, entry.0, [0; 32]),
    };
    let mut note = [0; NOTE];
    note[..16].copy_from_slice(boot);
    note[16] = kind;
    note[17..25].copy_from_slice(&number.to_be_bytes());
    note[25..].copy_from_slice(&name);
    note
}

const DOCUMENT: u8 = 1;
const PAGE: u8 = 2;
const BODY: u8 = 3;
const ARTICLE: u8 = 4;

/// The name of this boot of the machine (random(4)); where there is none, every boot has one name.
fn boot() -> [u8; 16] {
    let id = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    hash::short([id.as_slice()])
}

impl InHand {
    /// Notes that the document called `name` of `feed` is being read, until what is returned is
    /// dropped.
    pub fn hold(&self, feed: FeedId, name: &[u8; 32]) -> Held {
        self.hold_suspect(&Suspect::Document { feed, name: *name })
    }

    /// Notes that the page of an entry's article is being read, until what is returned is dropped.
    pub fn hold_page(&self, entry: EntryId) -> Held {
        self.hold_suspect(&Suspect::Page { entry })
    }

    /// Notes that a body of an entry is being cleaned again, until what is returned is dropped.
    pub fn hold_body(&self, entry: EntryId, place: BodyPlace) -> Held {
        self.hold_suspect(&Suspect::Body { entry, place })
    }

    /// Crosses everything out, and notes nothing any more.
    pub fn acquit(&self) {
        if let Some(notes) = &self.notes {
            lock(notes).close();
        }
    }

    fn hold_suspect(&self, suspect: &Suspect) -> Held {
        let noted = self.notes.as_ref().and_then(|notes| {
            let place = lock(notes).note(suspect)?;
            Some((Arc::clone(notes), place))
        });
        Held { noted }
    }
}

impl Notes {
    fn note(&mut self, suspect: &Suspect) -> Option<usize> {
        let place = self.taken.iter().position(|taken| !taken)?;
        self.write(place, &note_of(suspect, &self.boot)).ok()?;
        self.taken[place] = true;
        Some(place)
    }

    fn close(&mut self) {
        for place in 0..PLACES {
            self.cross_out(place);
        }
        self.taken = [true; PLACES];
    }

    fn cross_out(&mut self, place: usize) {
        // A note that stays by mistake sets one document apart, which its next version ends.
        let _ = self.write(place, &[0; NOTE]);
        self.taken[place] = false;
    }

    fn write(&mut self, place: usize, note: &[u8; NOTE]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start((place * NOTE) as u64))?;
        self.file.write_all(note)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((notes, place)) = self.noted.take() {
            lock(&notes).cross_out(place);
        }
    }
}

fn lock(notes: &Mutex<Notes>) -> std::sync::MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Suspect = Suspect::Document { feed: FeedId(7), name: [1; 32] };
    const OTHER: Suspect = Suspect::Page { entry: EntryId(8) };

    fn hold(notes: &InHand, suspect: &Suspect) -> Held {
        notes.hold_suspect(suspect)
    }

    #[test]
    fn what_is_being_read_at_the_end_is_found_once_at_the_next_start() {
        let home = tempfile::tempdir().expect("a folder");
        let database = home.path().join("feedmill.db");
        let (notes, left) = open(&database);
        assert_eq!(left, []);
        let (one, other) = (hold(&notes, &ONE), hold(&notes, &OTHER));
        drop(one);
        // As the end of the process would: nothing is crossed out.
        std::mem::forget(other);
        assert_eq!(open(&database).1, [OTHER]);
        assert_eq!(open(&database).1, []);
    }

    #[test]
    fn a_panic_crosses_its_document_out() {
        let home = tempfile::tempdir().expect("a folder");
        let database = home.path().join("feedmill.db");
        let (notes, _) = open(&database);
        let reading = std::panic::AssertUnwindSafe(|| {
            let _held = hold(&notes, &ONE);
            panic!("a hostile document");
        });
        assert!(std::panic::catch_unwind(reading).is_err());
        assert_eq!(open(&database).1, []);
    }

    #[test]
    fn an_orderly_end_accuses_nobody() {
        let home = tempfile::tempdir().expect("a folder");
        let database = home.path().join("feedmill.db");
        let (notes, _) = open(&database);
        let cut_short = hold(&notes, &ONE);
        notes.acquit();
        let too_late = hold(&notes, &OTHER);
        std::mem::forget((cut_short, too_late));
        assert_eq!(open(&database).1, []);
    }

    #[test]
    fn a_machine_that_went_down_accuses_nobody() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("notes");
        let start = |boot: u8| take_over(files::private(&path)?, [boot; 16]);
        let (mut notes, _) = start(1).expect("notes");
        notes.note(&ONE).expect("a place");
        assert_eq!(start(2).expect("notes").1, []);
    }

    #[test]
    fn without_a_file_or_a_place_nothing_is_noted_and_nothing_fails() {
        let home = tempfile::tempdir().expect("a folder");
        let (notes, _) = open(&home.path().join("missing").join("feedmill.db"));
        drop(hold(&notes, &ONE));
        let (notes, _) = open(&home.path().join("feedmill.db"));
        let held: Vec<Held> = (0..=PLACES).map(|_| hold(&notes, &ONE)).collect();
        assert!(held[PLACES].noted.is_none());
    }
}
