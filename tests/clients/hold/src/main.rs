fn main() {
    let word = "first";
    println!("the {word} build"); // MARK: word
}
