//! Where pages of an answer are continued. A locator holds the ids of all rows in order, as they
//! were when the query was asked, so that each row is shown once, whatever others write
//! meanwhile; what a page shows of them is read when it is asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use offhook_org::soql::plan::SelectPlan;
use offhook_org::{RecordId, UserContext};

/// Characters that are kept of each id: all but the checksum.
const ID_BYTES: usize = 15;

/// Open locators of one user; then the oldest is released (the platform's limit).
const PER_USER_MAX: usize = 10;

/// The same for lists of children, of which one page can have many.
const CHILD_LISTS_PER_USER_MAX: usize = 200;

/// Bytes of ids that all locators hold together; then the oldest is released.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// Milliseconds without a page asked for, after which a locator is released.
const IDLE_MS: i64 = 15 * 60 * 1_000;

/// The locators that are open.
#[derive(Default)]
pub(crate) struct Locators(Mutex<Open>);

#[derive(Default)]
struct Open {
    last_serial: u64,
    held: BTreeMap<String, Held>,
    bytes: usize,
}

/// What a locator leads to.
#[derive(Clone)]
pub(super) struct Held {
    user: Option<RecordId>,
    pub(super) select: Arc<SelectPlan>,
    pub(super) ids: Ids,
    is_child_list: bool,
    /// Records that are on a page.
    pub(super) batch: usize,
    used_at_ms: i64,
    serial: u64,
}

/// Ids in order, packed.
#[derive(Clone)]
pub(super) struct Ids(Arc<[u8]>);

impl Ids {
    /// From the first fifteen characters of each id, one behind the other.
    pub(super) fn packed(text: &str) -> Self {
        Self(text.as_bytes().into())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len() / ID_BYTES
    }

    /// At most `count` ids from this place on.
    pub(super) fn page(&self, offset: usize, count: usize) -> Vec<RecordId> {
        let ids = self.0.chunks_exact(ID_BYTES).skip(offset).take(count);
        ids.filter_map(|id| RecordId::parse(std::str::from_utf8(id).ok()?).ok())
            .collect()
    }
}

impl Locators {
    /// Opens one and gives its text, without an offset.
    pub(super) fn open(
        &self,
        user: &UserContext,
        select: SelectPlan,
        ids: Ids,
        is_child_list: bool,
        batch: usize,
        now_ms: i64,
    ) -> String {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.release_idle(now_ms);
        // Grows over restarts too, so that no locator of an earlier run means another answer.
        let now = u64::try_from(now_ms)
            .unwrap_or_default()
            .saturating_mul(1_000);
        open.last_serial = now.max(open.last_serial + 1);
        let serial = open.last_serial;
        let held = Held {
            user: user.user.clone(),
            select: Arc::new(select),
            ids,
            is_child_list,
            batch,
            used_at_ms: now_ms,
            serial,
        };
        open.bytes += held.ids.0.len();
        let text = RecordId::from_serial("01g", serial).to_string();
        open.make_room(&held);
        open.held.insert(text.clone(), held);
        text
    }

    /// What a locator leads to, if it is open and the user's own.
    pub(super) fn find(&self, user: &UserContext, text: &str, now_ms: i64) -> Option<Held> {
        let id = RecordId::parse(text).ok()?;
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.release_idle(now_ms);
        let held = open.held.get_mut(id.as_str())?;
        if held.user != user.user {
            return None;
        }
        held.used_at_ms = held.used_at_ms.max(now_ms);
        Some(held.clone())
    }
}

impl Open {
    fn release_idle(&mut self, now_ms: i64) {
        self.release(|held| now_ms - held.used_at_ms > IDLE_MS);
    }

    fn release(&mut self, is_over: impl Fn(&Held) -> bool) {
        let mut freed = 0;
        self.held.retain(|_, held| {
            let over = is_over(held);
            freed += if over { held.ids.0.len() } else { 0 };
            !over
        });
        self.bytes -= freed;
    }

    /// Releases what the new one is too many for, the oldest first.
    fn make_room(&mut self, new: &Held) {
        let same = |held: &Held| held.user == new.user && held.is_child_list == new.is_child_list;
        let mut serials: Vec<u64> = self
            .held
            .values()
            .filter(|h| same(h))
            .map(|h| h.serial)
            .collect();
        serials.sort_unstable();
        let most = match new.is_child_list {
            true => CHILD_LISTS_PER_USER_MAX,
            false => PER_USER_MAX,
        };
        let surplus = (serials.len() + 1).saturating_sub(most);
        if let Some(last) = surplus.checked_sub(1).and_then(|last| serials.get(last)) {
            self.release(|held| same(held) && held.serial <= *last);
        }
        while self.bytes > BYTES_MAX {
            let Some(oldest) = self.held.values().map(|held| held.serial).min() else {
                return;
            };
            self.release(|held| held.serial == oldest);
        }
    }
}
