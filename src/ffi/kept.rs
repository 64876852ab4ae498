//! What this module keeps for a server or a request: one value in the vector that httpd gives every module.
//!
//! The vector holds a bare pointer, so each value carries its type, and is read as no other.

use std::any::TypeId;
use std::ffi::c_void;

use super::bindings::{ap_conf_vector_t, ap_get_module_config, ap_set_module_config, module};
use super::pool::Pool;
use super::request::Request;
use super::server::Server;

extern "C" {
    /// The module record, whose index httpd sets when it loads the module; `src/entry` defines it.
    static jk_module: module;
}

/// The module record.
pub(super) fn module_record() -> *const module {
    &raw const jk_module
}

/// A value and its type; the type comes first, so that it can be read before anything else is known.
#[repr(C)]
struct Kept<T> {
    kind: TypeId,
    value: T,
}

impl<T: 'static> Kept<T> {
    fn new(value: T) -> Self {
        Self { kind: TypeId::of::<T>(), value }
    }
}

/// Moves `value` onto `pool` for the vector of a server: what an entry of `create_server_config` returns. Only the
/// process that calls this drops it.
pub(crate) fn for_server<T: Send + Sync + 'static>(pool: Pool<'_>, value: T) -> *mut c_void {
    pointer(pool.keep_in_parent(Kept::new(value)))
}

/// The value behind an entry of a vector; `None` if there is none, or it is of another type.
///
/// # Safety
/// `entry` is null, or comes from this file and lives for `'a`.
pub(crate) unsafe fn value<'a, T: 'static>(entry: *const c_void) -> Option<&'a T> {
    // SAFETY: every entry made here is a `Kept` of some type, which begins with the `TypeId` of that type.
    let kind = unsafe { entry.cast::<TypeId>().as_ref() }?;
    if *kind != TypeId::of::<T>() {
        return None;
    }
    // SAFETY: the type that was put there is `Kept<T>`, as its first field tells; the caller promises 'a.
    unsafe { entry.cast::<Kept<T>>().as_ref() }.map(|kept| &kept.value)
}

impl<'s> Server<'s> {
    /// What this module keeps for the server; that of the main server if the directives gave it nothing of its own.
    pub(crate) fn kept<T: 'static>(self) -> Option<&'s T> {
        // SAFETY: httpd fills the vector with what `create_server_config` and `merge_server_config` returned, and
        // `keep` is the only other way into it: all of them put entries of this file there, on the pool of the
        // configuration, which lives as long as its servers.
        unsafe { value(find(self.vector())) }
    }

    /// Keeps `value` for the server, in place of what there was, on the configuration's `pool`.
    pub(crate) fn keep<T: Send + Sync + 'static>(self, pool: Pool<'s>, value: T) -> &'s T {
        let kept = pool.keep_in_parent(Kept::new(value));
        // SAFETY: the vector is the server's own; the value lives on the pool, which lives as long as the server.
        unsafe { ap_set_module_config(self.vector(), module_record(), pointer(kept)) };
        &kept.value
    }
}

impl<'r> Request<'r> {
    /// What this module keeps for the request.
    pub(crate) fn kept<T: 'static>(self) -> Option<&'r T> {
        // SAFETY: the vector of a request begins empty, and `keep` is the only way into our place in it: what is
        // there is an entry of this file on the request's pool.
        unsafe { value(find(self.vector())) }
    }

    /// Keeps `value` for the request, in place of what there was.
    pub(crate) fn keep<T: Send + Sync + 'static>(self, value: T) -> &'r T {
        let kept = self.pool().keep(Kept::new(value));
        // SAFETY: the vector is the request's own, and the value lives on its pool.
        unsafe { ap_set_module_config(self.vector(), module_record(), pointer(kept)) };
        &kept.value
    }

    fn vector(self) -> *mut ap_conf_vector_t {
        self.read(|r| r.request_config)
    }
}

fn pointer<T>(kept: &Kept<T>) -> *mut c_void {
    std::ptr::from_ref(kept).cast_mut().cast()
}

/// Our entry in a vector of httpd's.
///
/// # Safety
/// `vector` is the live vector of a server or a request.
unsafe fn find(vector: *mut ap_conf_vector_t) -> *const c_void {
    // SAFETY: the caller's promise; the module record has the index that httpd gave this module.
    unsafe { ap_get_module_config(vector, module_record()) }
}
