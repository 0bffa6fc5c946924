//! The cryptography that [`reqwest`] uses: it is built without a provider of its own, and takes the
//! process's.

/// Makes sure that there is one. To be called before a client is built.
pub fn provide() {
    // An error means that there is one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
