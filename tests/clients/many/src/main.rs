// Ten thousand tasks in several kinds of waits, and one that stops among them.
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, Mutex};

async fn request(number: u64) -> u64 {
    tokio::time::sleep(Duration::from_secs(3600 + number)).await; // MARK: request
    number
}

async fn writer(shared: Arc<Mutex<u64>>) {
    *shared.lock().await += 1; // MARK: lock
}

async fn reader(mut messages: mpsc::Receiver<u64>) {
    while let Some(message) = messages.recv().await {
        println!("{message}");
    }
}

async fn checkout(total: u64) -> u64 {
    let tax = total / 5; // MARK: tax
    tokio::task::yield_now().await;
    total + tax // MARK: stop
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let shared = Arc::new(Mutex::new(0));
    let held = shared.lock().await;
    let (sender, messages) = mpsc::channel(1);
    tokio::spawn(reader(messages));
    for number in 0..9_000 {
        tokio::spawn(request(number));
    }
    for _ in 0..1_000 {
        tokio::spawn(writer(shared.clone()));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    println!("{}", tokio::spawn(checkout(100)).await.unwrap());
    drop((held, sender));
}
