// After the article's program; SCALE shortens its waits.
const SCALE = Number(process.env.SCALE ?? "1");

const prom = new Promise((resolve, reject) => {
    setTimeout(() => {
        const success = true;

        if (success) {
            const data = "Some fetched data";
            resolve(data);
        } else {
            reject("Error fetching data");
        }
    }, 2000 * SCALE);
});

console.log("Yay, let's execute the promise!")

prom
    .then((result) => {
        console.log(result);
    })
    .catch((error) => {
        console.error(error);
    });

console.log("Fetching data...");
