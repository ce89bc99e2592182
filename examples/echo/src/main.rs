// A TCP echo server that takes its time: every message starts a helper task, waits a moment,
// waits for the helper, and is sent back. So that a stopped server has tasks in all kinds of waits.
//
// The `MARK:` comments name lines; the demo and the tests look them up, and never write a line number down.
use std::{env, error::Error, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};

#[tokio::main(worker_threads = 3)]
async fn main() -> Result<(), Box<dyn Error>> {
    let addr = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_string()); // MARK: bench
    let listener = TcpListener::bind(&addr).await?;
    println!("Listening on: {}", listener.local_addr()?);
    loop {
        let (mut socket, _) = listener.accept().await?; // MARK: accept
        tokio::spawn(async move {
            let mut buf = vec![0; 1024];
            loop {
                let n = socket.read(&mut buf).await.expect("failed to read from the socket"); // MARK: read
                if n == 0 {
                    return;
                }
                let (tx, rx) = oneshot::channel();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(20)).await; // MARK: long-sleep
                    let _ = tx.send(1);
                });
                tokio::time::sleep(Duration::from_secs(5)).await; // MARK: sleep
                let _: Result<i32, _> = rx.await; // MARK: rx
                socket.write_all(&buf[0..n]).await.expect("failed to write to the socket"); // MARK: write
            }
        });
    }
}
