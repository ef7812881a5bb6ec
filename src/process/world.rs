//! The world a verdict is made in: snapshot, environment and settings, swapped as one.

use std::sync::Arc;
use std::sync::Mutex;

use arc_swap::{ArcSwap, Guard};

use crate::facts::profile;
use crate::model::{Profile, Snapshot};
use crate::settings::Settings;

/// Snapshot, environment and settings that belong together.
#[derive(Debug)]
pub struct World {
    /// What exists.
    pub snapshot: Snapshot,
    /// The environment, resolved from the settings and the snapshot.
    pub profile: Profile,
    /// Actions and exemptions.
    pub settings: Arc<Settings>,
    /// Whether everything the rules read has been seen.
    pub complete: bool,
}

/// The world as it is now. Readers never wait; writers take turns.
pub struct Current {
    world: ArcSwap<World>,
    writing: Mutex<()>,
}

impl Current {
    /// Starts with a snapshot; `complete` says whether it is all there will be.
    pub fn new(snapshot: Snapshot, settings: Settings, complete: bool) -> Self {
        let settings = Arc::new(settings);
        let profile = profile::resolve(&settings.stated, &snapshot, None);
        let world = ArcSwap::from_pointee(World { snapshot, profile, settings, complete });
        Self { world, writing: Mutex::new(()) }
    }

    /// The world as of now; it does not change while it is held.
    pub fn load(&self) -> Guard<Arc<World>> {
        self.world.load()
    }

    /// The same, to be kept for longer.
    pub fn load_full(&self) -> Arc<World> {
        self.world.load_full()
    }

    fn replace(&self, make: impl FnOnce(&World) -> (Snapshot, Arc<Settings>, bool)) {
        // a writer that panicked has stored nothing, so what is here is whole
        let _turn = self.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (snapshot, settings, complete) = make(&self.world.load());
        let profile = profile::resolve(&settings.stated, &snapshot, None);
        self.world.store(Arc::new(World { snapshot, profile, settings, complete }));
    }

    /// Puts another snapshot in place.
    pub fn set_snapshot(&self, snapshot: Snapshot, complete: bool) {
        self.replace(|world| (snapshot, Arc::clone(&world.settings), complete));
    }

    /// Puts other settings in place.
    pub fn set_settings(&self, settings: Settings) {
        self.replace(|world| (world.snapshot.clone(), Arc::new(settings), world.complete));
    }
}
