namespace Iommu.Actors.Core;

/// <summary>
/// How far the numbers of an event queue are reserved in the journal. A number is used once it is reserved, so that none comes twice, also
/// across a crash (invariant I7); many are reserved at once, so that this is rare.
/// </summary>
/// <param name="next">The first number that is not reserved.</param>
internal sealed class SequenceReserve(uint next)
{
    public const uint AtOnce = 1024;

    private uint _left;

    /// <summary>A reservation is on its way to the journal.</summary>
    public bool IsAsked { get; private set; }

    public bool IsEmpty => _left == 0;

    /// <summary>Time to reserve more.</summary>
    public bool IsLow => _left < AtOnce / 2 && !IsAsked;

    /// <summary>Asks for more: the first number that will not be reserved then.</summary>
    public uint Ask()
    {
        IsAsked = true;
        next = (next + AtOnce) & int.MaxValue;
        return next;
    }

    /// <summary>What was asked for is durable.</summary>
    public void Grant()
    {
        IsAsked = false;
        _left += AtOnce;
    }

    public void Use() => _left--;
}
