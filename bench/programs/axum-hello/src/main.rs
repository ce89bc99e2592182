// A web server with one route. The bench stops at the mark before it serves.
use axum::{routing::get, Router};

async fn lookup(name: &str) -> String {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    format!("hello, {name}")
}

async fn handler() -> String {
    lookup("world").await
}

#[tokio::main]
async fn main() {
    let app = Router::new().route("/", get(handler)); // MARK: bench
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("Listening on: {}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}
