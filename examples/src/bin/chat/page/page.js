"use strict";

// The first text that is sent is the name, every further one a message. What comes back is JSON; `kind`
// says what it is: joined, left, said, refused, stopping.

const $ = (id) => document.getElementById(id);
let socket = null;
let name = null; // what was asked for
let inside = false;
let stopped = false;

$("form").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text === "") return;
  $("text").value = "";
  if (inside) return socket.send(text);
  name = text;
  if (socket?.readyState === WebSocket.OPEN) return socket.send(name); // another name
  connect();
};

// Not before there is a name: the server does not wait for one for long.
function connect() {
  status("", "connecting");
  stopped = false;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.onopen = () => {
    status("connected", "connected");
    socket.send(name);
  };
  socket.onmessage = ({ data }) => hear(JSON.parse(data));
  socket.onclose = () => {
    const why = stopped ? "The server has stopped." : "The connection is lost.";
    if (inside || stopped || $("status").className === "") note(`${why} Join again when you like.`);
    status("gone", "not connected");
    here([]);
    move(false);
  };
}

function hear(event) {
  switch (event.kind) {
    case "joined":
      if (event.name === name && !inside) move(true);
      here(event.here);
      return note(`${event.name} is here`);
    case "left":
      here(event.here);
      return note(`${event.name} has left`);
    case "said":
      return said(event.name, event.text);
    case "refused":
      return note(`Another name, please: ${event.why}.`);
    case "stopping":
      stopped = true;
  }
}

// In or out of the room.
function move(into) {
  inside = into;
  $("label").textContent = into ? name : "Your name";
  $("text").maxLength = into ? 1000 : 20; // of four bytes at most: below the server's limit
  $("text").placeholder = into ? "Say something" : "";
  $("button").textContent = into ? "Send" : "Join";
}

function status(kind, text) {
  $("status").className = kind;
  $("status").textContent = text;
}

function here(names) {
  $("here").textContent = names.join(", ");
}

function note(text) {
  const line = document.createElement("p");
  line.className = "note";
  line.textContent = text;
  append(line);
}

// Always as text, never as HTML: it comes from strangers.
function said(who, text) {
  const line = document.createElement("p");
  line.className = who === name ? "said own" : "said";
  const author = document.createElement("b");
  author.textContent = who;
  line.append(author, text);
  append(line);
}

function append(line) {
  const log = $("messages");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(line);
  if (atEnd) log.scrollTop = log.scrollHeight;
}
