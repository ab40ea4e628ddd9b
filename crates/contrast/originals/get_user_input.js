// After the article's program; SCALE shortens its waits. The article leaves readInput() to the imagination; here it is.
const SCALE = Number(process.env.SCALE ?? "1");
const readInput = () => Promise.resolve("Steve Jobs");

async function getUserInput() {
    try {
        console.log("Let's start getting the user input!");
        const userInput = setTimeout(() => {
            input = readInput();
            console.log("Got the User Input!");
            console.log(`Our user's input is ${userInput}!`);
        }, 2000 * SCALE);
    } catch (err) {
        console.log(`Oh, crap! We faced an error: ${err}`);
    }
}

userInput = getUserInput();
console.log("See, I can run while getUserInput() waits for the user input!");
console.log("In fact, I can even display a loading screen!");
console.log(
    "This is what userInput really is during the pause break:" + userInput
);
