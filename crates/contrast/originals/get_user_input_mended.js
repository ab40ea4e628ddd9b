// What the article means: the timer resolves a promise, and the function awaits it. SCALE shortens its waits.
const SCALE = Number(process.env.SCALE ?? "1");
const readInput = () => new Promise((resolve) => setTimeout(() => resolve("Steve Jobs"), 2000 * SCALE));

async function getUserInput() {
    try {
        console.log("Let's start getting the user input!");
        const userInput = await readInput();
        console.log("Got the User Input!");
        console.log(`Our user's input is ${userInput}!`);
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
