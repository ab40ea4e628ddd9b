"use strict";

// The first text that is sent is the name, every further one a message. What comes back is JSON; `kind`
// says what it is: joined, left, said, refused, stopping.

const $ = (id) => document.getElementById(id);
const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
let name = null; // what was asked for
let inside = false;
let stopped = false;

socket.onopen = () => status("connected", "connected");
socket.onclose = () => {
  status("gone", stopped ? "the server has stopped" : "connection lost");
  $("here").textContent = "";
  $("text").disabled = $("button").disabled = true;
  note(stopped ? "The server has stopped." : "The connection is lost. Reload the page to come back.");
};

socket.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  switch (event.kind) {
    case "joined":
      if (event.name === name && !inside) enter();
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
};

$("form").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text === "" || socket.readyState !== WebSocket.OPEN) return;
  if (!inside) name = text;
  socket.send(text);
  $("text").value = "";
};

function enter() {
  inside = true;
  $("label").textContent = name;
  $("text").maxLength = 1000; // of four bytes at most: below the server's limit
  $("text").placeholder = "Say something";
  $("button").textContent = "Send";
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
