//! `nonos receipt`: receipts as files.

mod show;
mod verify;

use crate::datadir::read_limited;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Subcommand;
use eyre::{Result, WrapErr};
use nonos_core::receipt::{MAX_RECEIPT_BYTES, Receipt};
use std::path::Path;

/// What to do with a receipt.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Show what a receipt says, without judging it
    Show(show::ShowArgs),
    /// Verify a receipt: its proof with the verifying key alone, its enrolment against a chain
    Verify(verify::VerifyArgs),
}

/// Runs one of them.
pub async fn run(command: ReceiptCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        ReceiptCommand::Show(args) => show::run(&args),
        ReceiptCommand::Verify(args) => verify::run(&args, settings, progress).await,
    }
}

/// Reads and strictly decodes a receipt file.
pub fn read_receipt(path: &Path) -> Result<Receipt> {
    let bytes = read_limited(path, "receipt", MAX_RECEIPT_BYTES as u64)?;
    Receipt::decode(&bytes).wrap_err_with(|| format!("{} is not a receipt", path.display()))
}
