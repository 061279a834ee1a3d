//! Manifests and packages.
