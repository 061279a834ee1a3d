//! Tests of install files and of the job that makes them.

mod fixture;
mod halo2;
mod job;
mod library;
mod stark;
