import { useEffect, useRef, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter, Link, Route, Routes, useParams } from 'react-router-dom'
import styled from 'styled-components'

fetch('/ready')

const Green = styled.p`
  color: rgb(0, 128, 0);
`

function Note() {
  const { id } = useParams()
  return <h2>Note {id}</h2>
}

function Colour() {
  const seen = useRef(null)
  const [colour, setColour] = useState('')
  useEffect(() => setColour(getComputedStyle(seen.current).color), [])
  return <Green ref={seen}>styled {colour}</Green>
}

function Page() {
  const [mine, setMine] = useState('')
  useEffect(() => {
    window.go.main.Notes.Mine().then(setMine, (e) => setMine(String(e)))
  }, [])
  return (
    <>
      <h1>React</h1>
      <p>{mine}</p>
      <Colour />
      <Link to="/notes/7">Open note 7</Link>
      <Routes>
        <Route path="/" element={<h2>All notes</h2>} />
        <Route path="/notes/:id" element={<Note />} />
      </Routes>
      <button onClick={() => location.reload()}>Reload</button>
    </>
  )
}

createRoot(document.getElementById('root')).render(
  <BrowserRouter>
    <Page />
  </BrowserRouter>,
)
