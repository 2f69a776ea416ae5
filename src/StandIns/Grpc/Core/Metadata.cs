using System.Collections;
using System.Text;

namespace Grpc.Core;

/// <summary>Headers or trailers of a call, in order; a key may occur more than once.</summary>
public sealed class Metadata : IList<Metadata.Entry>
{
    /// <summary>How the key of an entry ends whose value is bytes.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>No metadata; cannot be added to.</summary>
    public static readonly Metadata Empty = new(readOnly: true);

    private readonly List<Entry> _entries = [];
    private readonly bool _readOnly;

    /// <summary>Metadata without entries.</summary>
    public Metadata()
    {
    }

    private Metadata(bool readOnly) => _readOnly = readOnly;

    /// <inheritdoc />
    public int Count => _entries.Count;

    /// <inheritdoc />
    public bool IsReadOnly => _readOnly;

    /// <inheritdoc />
    public Entry this[int index]
    {
        get => _entries[index];
        set => Writable()[index] = NotNull(value);
    }

    /// <summary>The last entry of that key, or null.</summary>
    public Entry? Get(string key) => _entries.FindLast(entry => entry.HasKey(key));

    /// <summary>The text of the last entry of that key, or null.</summary>
    /// <exception cref="InvalidOperationException">The entry holds bytes.</exception>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The bytes of the last entry of that key, or null.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    /// <summary>Every entry of that key, in order.</summary>
    public IEnumerable<Entry> GetAll(string key) => _entries.Where(entry => entry.HasKey(key));

    /// <summary>Adds a text entry.</summary>
    public void Add(string key, string value) => Add(new Entry(key, value));

    /// <summary>Adds an entry of bytes; the key ends with <see cref="BinaryHeaderSuffix"/>.</summary>
    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    /// <inheritdoc />
    public void Add(Entry item) => Writable().Add(NotNull(item));

    /// <inheritdoc />
    public void Insert(int index, Entry item) => Writable().Insert(index, NotNull(item));

    /// <inheritdoc />
    public bool Remove(Entry item) => Writable().Remove(item);

    /// <inheritdoc />
    public void RemoveAt(int index) => Writable().RemoveAt(index);

    /// <inheritdoc />
    public void Clear() => Writable().Clear();

    /// <inheritdoc />
    public bool Contains(Entry item) => _entries.Contains(item);

    /// <inheritdoc />
    public int IndexOf(Entry item) => _entries.IndexOf(item);

    /// <inheritdoc />
    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    /// <inheritdoc />
    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Entry NotNull(Entry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry;
    }

    private List<Entry> Writable() =>
        _readOnly ? throw new InvalidOperationException("Object is read only") : _entries;

    /// <summary>One key and its value: text, or bytes when the key ends with <see cref="BinaryHeaderSuffix"/>.</summary>
    public class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>An entry of bytes.</summary>
        /// <exception cref="ArgumentException">The key has other characters than letters, digits, "_", "-" and ".", or does not end with "-bin".</exception>
        public Entry(string key, byte[] valueBytes)
        {
            Key = Normalize(key);
            ArgumentNullException.ThrowIfNull(valueBytes);
            if (!EndsAsBinary(Key))
            {
                throw new ArgumentException($"Key for binary valued metadata entry needs to have '{BinaryHeaderSuffix}' suffix indicating binary value.");
            }

            _bytes = [.. valueBytes];
        }

        /// <summary>A text entry.</summary>
        /// <exception cref="ArgumentException">The key has other characters than letters, digits, "_", "-" and ".", or ends with "-bin".</exception>
        public Entry(string key, string value)
        {
            Key = Normalize(key);
            ArgumentNullException.ThrowIfNull(value);
            if (EndsAsBinary(Key))
            {
                throw new ArgumentException("Key for ASCII valued metadata entry cannot have suffix indicating binary value.");
            }

            _text = value;
        }

        /// <summary>The key, in lower case.</summary>
        public string Key { get; }

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => _text is null;

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The entry holds bytes.</exception>
        public string Value => _text ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        /// <summary>The value as bytes, a copy.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : [.. _bytes];

        /// <inheritdoc />
        public override string ToString() => IsBinary ? $"[Entry: key={Key}, valueBytes={_bytes}]" : $"[Entry: key={Key}, value={_text}]";

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        private static bool EndsAsBinary(string key) => key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        private static string Normalize(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            foreach (var character in key)
            {
                if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-'))
                {
                    throw new ArgumentException(
                        "Metadata entry key not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.");
                }
            }

            return key.ToLowerInvariant();
        }
    }
}
